package io.github.smtpproxy.filters.dnslists;

import io.github.smtpproxy.filters.Printable;
import io.github.smtpproxy.filters.dnslists.Listings.Listing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One name in one list, on its way. */
final class Lookup {

    private final CompletableFuture<Optional<Listing>> listing;

    private Lookup(CompletableFuture<Optional<Listing>> listing) {
        this.listing = listing;
    }

    /** Begins it. Of a listing that counts against the client, the reason is asked for too. */
    static Lookup begin(DnsList list, ListEntry entry, ListedName name) {
        return new Lookup(list.answers(name).thenCompose(answers -> {
            Optional<String> counting = answers.stream().filter(entry::matches).findFirst();
            if (counting.isEmpty()) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            CompletableFuture<String> reason =
                    entry.weight() > 0 ? list.reason(name) : CompletableFuture.completedFuture("");
            return reason.thenApply(text -> Optional.of(listing(list, entry, name, counting.get(), text)));
        }));
    }

    private static Listing listing(DnsList list, ListEntry entry, ListedName name, String answer, String reason) {
        return new Listing(
                list.shown(),
                answer,
                entry.weight(),
                name.kind() + " " + name.shown(),
                Printable.of(ListEntry.withoutKeysIn(reason, entry.zone())));
    }

    /** What they found within the limit; a list that is late says nothing. */
    static List<Listing> await(List<Lookup> lookups, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        List<Listing> found = new ArrayList<>();
        for (Lookup one : lookups) {
            try {
                one.listing
                        .get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)
                        .ifPresent(found::add);
            } catch (TimeoutException late) {
                // no verdict of this list
            } catch (ExecutionException e) {
                throw new IllegalStateException("a lookup in a DNS list failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return found;
            }
        }
        return found;
    }
}
