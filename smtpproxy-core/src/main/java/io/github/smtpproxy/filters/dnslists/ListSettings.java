package io.github.smtpproxy.filters.dnslists;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Which lists count how much. A list is written {@code ZONE[=FILTER][*WEIGHT]}, as in Postfix's postscreen_dnsbl_sites:
 * {@code zen.example=127.0.0.[2..11]*3}. The filter names which answers count, all if there is none; the weight is 1 if
 * there is none, and negative for a list of good clients. A label of 20 or more letters and digits counts as a key: it is
 * not shown in a reply or in the log. Immutable: each setting makes others.
 */
public final class ListSettings implements Cloneable {

    static final ListSettings NONE = new ListSettings();

    private static final Duration LONGEST = Duration.ofMinutes(1);

    // changed in a fresh copy only, before anybody else sees it
    private List<ListEntry> clients = List.of();
    private List<ListEntry> hello = List.of();
    private List<ListEntry> senders = List.of();
    private int threshold = 1;
    private OptionalInt allowThreshold = OptionalInt.empty();
    private Duration limit = Duration.ofSeconds(10);
    private Predicate<Session> exempt = Clients.trusted();
    private boolean atConnect;
    private Optional<Resolver> resolver = Optional.empty();

    private ListSettings() {}

    private ListSettings with(Consumer<ListSettings> change) {
        try {
            ListSettings copy = (ListSettings) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static List<ListEntry> more(List<ListEntry> entries, String... lists) {
        Objects.requireNonNull(lists, "DNS lists");
        List<ListEntry> more = new ArrayList<>(entries);
        for (String list : lists) {
            more.add(ListEntry.parse(list));
        }
        return List.copyOf(more);
    }

    /** These and lists of client addresses. */
    public ListSettings clients(String... lists) {
        return with(s -> s.clients = more(clients, lists));
    }

    /** These and lists of domains, for the client's HELO name. */
    public ListSettings hello(String... lists) {
        return with(s -> s.hello = more(hello, lists));
    }

    /** These and lists of domains, for the domain of the sender. */
    public ListSettings senders(String... lists) {
        return with(s -> s.senders = more(senders, lists));
    }

    /**
     * These, refusing from another score.
     *
     * @param score 1 by default, and at least
     */
    public ListSettings threshold(int score) {
        if (score < 1) {
            throw new IllegalArgumentException("threshold must be at least 1, was " + score);
        }
        return with(s -> s.threshold = score);
    }

    /**
     * These, reporting a client as good to other filters from a score downwards; nobody is by default. See {@link
     * RefuseListed#allowed}.
     *
     * @param score at most -1
     */
    public ListSettings allowThreshold(int score) {
        if (score > -1) {
            throw new IllegalArgumentException("allowThreshold must be at most -1, was " + score);
        }
        return with(s -> s.allowThreshold = OptionalInt.of(score));
    }

    /** These with a limit of the time that a client waits for the lists: 10 s by default, a minute at most. */
    public ListSettings within(Duration value) {
        return with(s -> s.limit = TimeLimit.check("limit", value, LONGEST));
    }

    /** These with other clients that are not looked up, {@link Clients#trusted()} by default. */
    public ListSettings exempt(Predicate<Session> value) {
        Objects.requireNonNull(value, "exempt");
        return with(s -> s.exempt = value);
    }

    /**
     * These, refusing a listed client when it connects: the log then lacks sender and recipient, and who is about to log in
     * is not exempt yet.
     */
    public ListSettings atConnect() {
        return with(s -> s.atConnect = true);
    }

    /** These, asking other DNS servers than the system's. Many lists refuse to answer public ones. */
    public ListSettings resolver(Resolver value) {
        Objects.requireNonNull(value, "resolver");
        return with(s -> s.resolver = Optional.of(value));
    }

    /**
     * The filter; it wants to be closed when it is not used any more.
     *
     * @throws IllegalArgumentException if there is no list
     * @throws IllegalStateException if dnsjava is missing
     */
    public RefuseListed build() {
        if (clients.isEmpty() && hello.isEmpty() && senders.isEmpty()) {
            throw new IllegalArgumentException("DNS lists must be at least 1, was 0");
        }
        return new RefuseListed(this, resolver.orElseGet(() -> Resolver.system().within(limit)));
    }

    List<ListEntry> clients() {
        return clients;
    }

    List<ListEntry> hello() {
        return hello;
    }

    List<ListEntry> senders() {
        return senders;
    }

    boolean hasClientListsOnly() {
        return hello.isEmpty() && senders.isEmpty();
    }

    int threshold() {
        return threshold;
    }

    /** Whether a client with this score is good. */
    boolean allows(int score) {
        return allowThreshold.isPresent() && score <= allowThreshold.getAsInt();
    }

    Duration limit() {
        return limit;
    }

    Predicate<Session> exempt() {
        return exempt;
    }

    boolean isAtConnect() {
        return atConnect;
    }
}
