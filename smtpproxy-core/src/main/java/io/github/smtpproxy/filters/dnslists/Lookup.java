package io.github.smtpproxy.filters.dnslists;

import io.github.smtpproxy.filters.dnslists.Listings.Listing;
import io.github.smtpproxy.service.Printable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One name in one list, on its way.
 *
 * @param listing without a reason
 * @param reason in the list's words; empty without any, and for a listing that does not count against the client
 */
record Lookup(CompletableFuture<Optional<Listing>> listing, CompletableFuture<String> reason) {

    /** How long a listing that has come waits for its reason. */
    private static final Duration FOR_REASON = Duration.ofSeconds(2);

    /** Begins it. */
    static Lookup begin(DnsList list, ListEntry entry, ListedName name) {
        CompletableFuture<Optional<Listing>> listing = list.answers(name)
                .thenApply(answers -> answers.stream()
                        .filter(entry::matches)
                        .findFirst()
                        .map(answer -> new Listing(
                                list.shown(), answer, entry.weight(), name.kind() + " " + name.shown(), "")));
        return new Lookup(
                listing,
                listing.thenCompose(found -> found.isPresent() && entry.weight() > 0
                        ? list.reason(name).thenApply(text -> shown(text, entry))
                        : CompletableFuture.completedFuture("")));
    }

    /** A key goes before the text is cut, or a part of it would stay. */
    private static String shown(String reason, ListEntry entry) {
        return Printable.of(ListEntry.withoutKeysIn(reason, entry.zone()));
    }

    /** What they found within the limit; nothing of a list that is late. */
    static List<Listing> await(List<Lookup> lookups, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        List<Listing> found = new ArrayList<>();
        try {
            for (Lookup one : lookups) {
                Optional<Listing> listing = within(one.listing, left(end)).orElse(Optional.empty());
                if (listing.isPresent()) {
                    String why = within(one.reason, Math.min(left(end), FOR_REASON.toNanos()))
                            .orElse("");
                    found.add(listing.get().because(why));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return found;
    }

    private static long left(long end) {
        return Math.max(0, end - System.nanoTime());
    }

    private static <T> Optional<T> within(CompletableFuture<T> coming, long nanos) throws InterruptedException {
        try {
            return Optional.of(coming.get(nanos, TimeUnit.NANOSECONDS));
        } catch (TimeoutException late) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a lookup in a DNS list failed", e.getCause());
        }
    }
}
