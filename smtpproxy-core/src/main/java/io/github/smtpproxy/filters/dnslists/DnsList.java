package io.github.smtpproxy.filters.dnslists;

import io.github.smtpproxy.dns.DnsAnswer;
import io.github.smtpproxy.dns.DnsAnswer.Status;
import io.github.smtpproxy.dns.Resolver;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One zone: its answers, and whether it is well. A list that fails its test (RFC 5782 §5), or has not answered five times
 * in a row, is left out until it passes. Thread-safe.
 */
final class DnsList {

    private static final Logger log = LoggerFactory.getLogger(DnsList.class);
    private static final int FAILURES = 5;
    private static final List<String> IPV4 = List.of("2.0.0.127.", "1.0.0.127.");
    private static final List<String> IPV6 = List.of(
            "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.",
            "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.");
    private static final List<String> NAMES = List.of("test.", "invalid.");

    private final String zone;
    private final boolean ofNames;
    private final Resolver resolver;
    private final AtomicInteger failures = new AtomicInteger();
    private final Set<Trouble> warned = ConcurrentHashMap.newKeySet();
    private volatile CompletableFuture<Boolean> well = CompletableFuture.completedFuture(true);

    /** What is logged of a list: each once until it passes its test again. */
    private enum Trouble {
        ERROR,
        SILENT,
        LEFT_OUT,
        FAILS
    }

    /** How one kind of entries does in the test. */
    private enum Test {
        PASSES,
        /** There are none of this kind. */
        EMPTY,
        /** What must not be listed is. */
        WRONG
    }

    /** @param ofNames whether it lists domains, not addresses */
    DnsList(String zone, boolean ofNames, Resolver resolver) {
        this.zone = zone;
        this.ofNames = ofNames;
        this.resolver = resolver;
    }

    /** What to call it: without a key. */
    String shown() {
        return ListEntry.withoutKeys(zone);
    }

    /** Its answers for a name; empty where the name is not listed, and where the list answers nothing that counts. */
    CompletableFuture<List<String>> answers(ListedName name) {
        return well.thenCompose(isWell -> isWell
                ? resolver.addresses(name.prefix() + zone).thenApply(this::counting)
                : CompletableFuture.completedFuture(List.of()));
    }

    private List<String> counting(DnsAnswer answer) {
        if (answer.status() == Status.FAILED) {
            failed();
            return List.of();
        }
        failures.set(0);
        Optional<String> error =
                answer.values().stream().filter(DnsList::isError).findFirst();
        if (error.isPresent()) {
            warnOnce(Trouble.ERROR, "answers " + error.get() + ", which is an error of its provider and no listing");
            return List.of();
        }
        return answer.values();
    }

    /**
     * What providers answer to those whom they do not serve: Spamhaus 127.255.255.0/24, URIBL 127.0.0.1, DBL 127.0.1.255,
     * DNSWL 127.0.0.255; and what is no answer of a list at all (RFC 5782 §2.1).
     */
    private static boolean isError(String address) {
        return !address.startsWith("127.")
                || address.startsWith("127.255.255.")
                || address.equals("127.0.0.1")
                || address.equals("127.0.1.255")
                || address.equals("127.0.0.255");
    }

    private void failed() {
        warnOnce(Trouble.SILENT, "does not answer, which is no listing");
        if (failures.incrementAndGet() >= FAILURES) {
            well = CompletableFuture.completedFuture(false);
            warnOnce(Trouble.LEFT_OUT, "does not answer: it is left out until it passes its test");
        }
    }

    /** Why a name is listed, in the list's words; empty without any. */
    CompletableFuture<String> reason(ListedName name) {
        return resolver.texts(name.prefix() + zone)
                .thenApply(answer -> answer.values().stream().findFirst().orElse(""));
    }

    /** Whether it is well, as far as is known. */
    boolean isWell() {
        return well.getNow(true);
    }

    /** Tests it. Until the test is over, those who ask for answers wait for it, unless it was well before. */
    CompletableFuture<Boolean> test(boolean first) {
        CompletableFuture<Boolean> tested = ofNames
                ? test(NAMES).thenApply(names -> names == Test.PASSES)
                : test(IPV4).thenCombine(test(IPV6), DnsList::passes);
        if (first) {
            well = tested;
        }
        return tested.thenApply(passed -> {
            well = CompletableFuture.completedFuture(passed);
            if (passed) {
                failures.set(0);
                warned.clear();
            } else {
                warnOnce(Trouble.FAILS, "fails its test (RFC 5782 section 5): it is left out until it passes");
            }
            return passed;
        });
    }

    /** A list may hold one family of addresses only, but what it answers for the other must not be wrong. */
    private static boolean passes(Test four, Test six) {
        return four != Test.WRONG && six != Test.WRONG && (four == Test.PASSES || six == Test.PASSES);
    }

    /** @param points what must be listed, and what must not */
    private CompletableFuture<Test> test(List<String> points) {
        return resolver.addressesNow(points.get(0) + zone)
                .thenCombine(resolver.addressesNow(points.get(1) + zone), DnsList::judge);
    }

    private static Test judge(DnsAnswer listed, DnsAnswer never) {
        if (never.isFound()) {
            return Test.WRONG;
        }
        boolean good = listed.isFound() && listed.values().stream().noneMatch(DnsList::isError);
        return good && never.status() == Status.NONE ? Test.PASSES : Test.EMPTY;
    }

    private void warnOnce(Trouble trouble, String what) {
        if (warned.add(trouble)) {
            log.warn("DNS list {} {}", shown(), what);
        }
    }
}
