package io.github.smtpproxy.filters.dnslists;

import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.session.Session;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * What is looked up for a session, in which lists. Asking again costs nothing: the resolver keeps the answers, and those
 * that are on their way. Thread-safe.
 */
final class Lookups implements AutoCloseable {

    private static final long TEST_MINUTES = 30;
    private static final long RETEST_MINUTES = 1;

    private final List<Weighed> clients;
    private final List<Weighed> hello;
    private final List<Weighed> senders;
    private final List<DnsList> lists;
    private final AtomicBoolean begun = new AtomicBoolean();
    /** Once closed, it discards what it is given. */
    private final ScheduledThreadPoolExecutor clock =
            new ScheduledThreadPoolExecutor(1, Lookups::daemon, new ThreadPoolExecutor.DiscardPolicy());

    /** An entry and its list. */
    private record Weighed(ListEntry entry, DnsList list) {}

    Lookups(ListSettings settings, Resolver resolver) {
        Map<String, DnsList> ofAddresses = new LinkedHashMap<>();
        Map<String, DnsList> ofNames = new LinkedHashMap<>();
        this.clients = weighed(settings.clients(), ofAddresses, false, resolver);
        this.hello = weighed(settings.hello(), ofNames, true, resolver);
        this.senders = weighed(settings.senders(), ofNames, true, resolver);
        this.lists = Stream.concat(ofAddresses.values().stream(), ofNames.values().stream())
                .toList();
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "smtpproxy-dns-lists");
        thread.setDaemon(true);
        return thread;
    }

    /** One zone may have several entries. */
    private static List<Weighed> weighed(
            List<ListEntry> entries, Map<String, DnsList> zones, boolean ofNames, Resolver resolver) {
        return entries.stream()
                .map(entry -> new Weighed(
                        entry, zones.computeIfAbsent(entry.zone(), zone -> new DnsList(zone, ofNames, resolver))))
                .toList();
    }

    /** Begins to test the lists, at the first call. */
    void begin() {
        if (begun.compareAndSet(false, true)) {
            lists.forEach(list -> list.test(true));
            every(TEST_MINUTES, () -> lists.forEach(list -> list.test(false)));
            every(RETEST_MINUTES, () -> lists.stream().filter(l -> !l.isWell()).forEach(list -> list.test(false)));
        }
    }

    private void every(long minutes, Runnable task) {
        clock.scheduleWithFixedDelay(task, minutes, minutes, TimeUnit.MINUTES);
    }

    List<Lookup> client(Session session) {
        InetAddress address = session.remoteAddress().getAddress();
        return address.isAnyLocalAddress() ? List.of() : lookUp(clients, Optional.of(ListedName.client(address)));
    }

    List<Lookup> hello(Hello command) {
        return lookUp(hello, ListedName.domain("HELO", command.name()));
    }

    List<Lookup> sender(MailFrom mail) {
        return lookUp(senders, mail.sender().flatMap(s -> ListedName.domain("sender", s.asciiDomain())));
    }

    private static List<Lookup> lookUp(List<Weighed> weighed, Optional<ListedName> name) {
        return name.map(n -> weighed.stream()
                        .map(w -> Lookup.begin(w.list(), w.entry(), n))
                        .toList())
                .orElse(List.of());
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
