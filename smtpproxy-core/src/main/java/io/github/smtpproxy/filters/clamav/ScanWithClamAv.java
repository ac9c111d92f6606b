package io.github.smtpproxy.filters.clamav;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filters.Finding;
import io.github.smtpproxy.filters.ScanSettings;
import io.github.smtpproxy.filters.ScanWith;
import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.session.Key;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Scans messages with ClamAV's daemon, and refuses what it finds with {@code 554 5.7.1} and its name. Up to 25 MiB by
 * default; larger messages pass. Immutable: each setting makes another scanner.
 *
 * <p>clamd calls a file clean that is larger than its MaxFileSize, unless {@code AlertExceedsMax yes} is set there. Its
 * StreamMaxLength should not be smaller than the bound here.
 */
public final class ScanWithClamAv extends ScanWith<ScanWithClamAv> {

    /** The name of what was found: an attribute of the transaction. */
    public static final Key<String> FOUND = Key.of("what ClamAV found", String.class);

    /** What the tag says: the field of a message in which something was found that is only tagged. */
    public static final String TAG = "X-Virus-Found";

    private static final long LARGEST = 25L << 20;

    private final Failover<ServiceAddress> clamd;
    private final Predicate<String> tagged;

    private ScanWithClamAv(ScanSettings settings, Failover<ServiceAddress> clamd, Predicate<String> tagged) {
        super(settings);
        this.clamd = clamd;
        this.tagged = tagged;
    }

    /**
     * Asks one of these daemons, the next one where one fails.
     *
     * @param clamd at least one
     */
    public static ScanWithClamAv at(ServiceAddress... clamd) {
        return new ScanWithClamAv(ScanSettings.upTo(LARGEST), Failover.of(clamd), name -> false);
    }

    /** As {@link #at(ServiceAddress...)}, with addresses as {@link ServiceAddress#parse} reads them. */
    public static ScanWithClamAv at(String... clamd) {
        return at(ServiceAddress.parseAll(clamd));
    }

    /**
     * This, letting messages pass in which something of such a name is found, with a field {@link #TAG}: for names like
     * {@code PUA.*}, {@code Heuristics.*}, {@code *.UNOFFICIAL} and {@code *Phishing*}, which are often mistaken.
     */
    public ScanWithClamAv tag(Predicate<String> names) {
        Objects.requireNonNull(names, "names");
        return new ScanWithClamAv(settings(), clamd, names);
    }

    @Override
    protected ScanWithClamAv with(ScanSettings changed) {
        return new ScanWithClamAv(changed, clamd, tagged);
    }

    @Override
    protected Finding scan(Scanned scanned, Duration limit) throws IOException, InterruptedException {
        long began = System.nanoTime();
        Optional<String> found = clamd.ask(limit, (host, part) -> {
            try (InputStream octets = scanned.message().open()) {
                return ClamdSession.scan(host, part, octets);
            }
        });
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        return found.map(name -> found(Printable.of(name), scanned.id(), took))
                .orElseGet(() -> Finding.pass(Verdict.of(name(), Decision.PASS).took(took)));
    }

    private Finding found(String name, String id, Duration took) {
        boolean passes = tagged.test(name);
        Verdict verdict = Verdict.of(name(), passes ? Decision.PASS : Decision.REFUSE)
                .rule(name)
                .took(took);
        Finding finding = passes
                ? Finding.pass(verdict)
                        .changing(m -> m.withHeaders(m.headers().without(TAG).prepend(TAG, name)))
                : Finding.refuse(verdict, Reply.refusal(554, "5.7.1", "Virus found: " + name + " (" + id + ")"));
        return finding.evidence(FOUND, name);
    }
}
