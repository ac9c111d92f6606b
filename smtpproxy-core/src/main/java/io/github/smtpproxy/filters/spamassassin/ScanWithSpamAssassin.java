package io.github.smtpproxy.filters.spamassassin;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filters.Finding;
import io.github.smtpproxy.filters.ScanSettings;
import io.github.smtpproxy.filters.ScanWith;
import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.filters.SpamHeaders;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.session.Key;
import java.io.IOException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Scans messages with SpamAssassin's daemon, and refuses with {@code 554 5.7.1} what it calls spam. Others pass with its
 * {@code X-Spam-*} fields; such fields that a message comes with are renamed to {@code X-Old-Spam-*}. Up to 500,000 octets
 * by default; larger messages pass. Immutable: each setting makes another scanner.
 */
public final class ScanWithSpamAssassin extends ScanWith<ScanWithSpamAssassin> {

    /** The score and the names of the tests: an attribute of the transaction. */
    public static final Key<SpamScore> SCORE = Key.of("SpamAssassin's score", SpamScore.class);

    private static final long LARGEST = 500_000;
    private static final int MAX_NAMED = 5;

    private final Failover<ServiceAddress> spamd;
    private final OptionalDouble refuseFrom;
    private final Optional<String> user;

    private ScanWithSpamAssassin(
            ScanSettings settings, Failover<ServiceAddress> spamd, OptionalDouble refuseFrom, Optional<String> user) {
        super(settings);
        this.spamd = spamd;
        this.refuseFrom = refuseFrom;
        this.user = user;
    }

    /**
     * Asks one of these daemons, the next one where one fails.
     *
     * @param spamd at least one
     */
    public static ScanWithSpamAssassin at(ServiceAddress... spamd) {
        return new ScanWithSpamAssassin(
                ScanSettings.upTo(LARGEST), Failover.of(spamd), OptionalDouble.empty(), Optional.empty());
    }

    /** As {@link #at(ServiceAddress...)}, with addresses as {@link ServiceAddress#parse} reads them. */
    public static ScanWithSpamAssassin at(String... spamd) {
        return at(ServiceAddress.parseAll(spamd));
    }

    /**
     * This, refusing from another score than SpamAssassin's own {@code required_score}; what it calls spam below that
     * passes with its fields.
     *
     * @param score a number
     */
    public ScanWithSpamAssassin refuseFrom(double score) {
        if (!Double.isFinite(score)) {
            throw new IllegalArgumentException("refuseFrom must be a number, was " + score);
        }
        return new ScanWithSpamAssassin(settings(), spamd, OptionalDouble.of(score), user);
    }

    /**
     * This, with the preferences of a user of spamd.
     *
     * @param name printable US-ASCII without spaces
     */
    public ScanWithSpamAssassin user(String name) {
        Objects.requireNonNull(name, "user");
        if (!name.matches("[!-~]{1,256}")) {
            throw new IllegalArgumentException("user must be 1 to 256 printable characters, was \"" + name + "\"");
        }
        return new ScanWithSpamAssassin(settings(), spamd, refuseFrom, Optional.of(name));
    }

    @Override
    protected ScanWithSpamAssassin with(ScanSettings changed) {
        return new ScanWithSpamAssassin(changed, spamd, refuseFrom, user);
    }

    @Override
    protected Finding scan(Scanned scanned, Duration limit) throws IOException, InterruptedException {
        long began = System.nanoTime();
        SpamdRequest request = new SpamdRequest(scanned, user, ZonedDateTime.now());
        SpamdReply reply = spamd.ask(limit, request::ask);
        SpamScore score = SpamScore.of(reply);
        boolean refused = refuseFrom.isPresent() ? reply.score() >= refuseFrom.getAsDouble() : reply.spam();
        Verdict verdict = Verdict.of(name(), refused ? Decision.REFUSE : Decision.PASS)
                .score(reply.score())
                .rule(named(score))
                .took(Duration.ofNanos(System.nanoTime() - began));
        Finding finding = refused
                ? Finding.refuse(verdict, refusal(reply, score, scanned.id()))
                : Finding.pass(verdict).changing(message -> marked(message, reply.headers()));
        return finding.evidence(SCORE, score);
    }

    private static String named(SpamScore score) {
        return String.join(
                ",", score.tests().subList(0, Math.min(MAX_NAMED, score.tests().size())));
    }

    private static Reply refusal(SpamdReply reply, SpamScore score, String id) {
        String numbers = String.format(Locale.ROOT, "score %.1f of %.1f", reply.score(), reply.threshold());
        String tests = score.tests().isEmpty() ? "" : ": " + named(score);
        return Reply.refusal(554, "5.7.1", Printable.of("Spam message rejected, " + numbers + tests) + " (" + id + ")");
    }

    private static Message marked(Message message, Headers theirs) {
        Headers headers = SpamHeaders.renameOld(message.headers());
        List<String> names = new ArrayList<>(theirs.names().stream()
                .filter(name -> name.toLowerCase(Locale.ROOT).startsWith("x-spam-"))
                .distinct()
                .toList());
        Collections.reverse(names);
        for (String name : names) {
            headers = headers.prepend(name, Printable.line(theirs.first(name).orElse("")));
        }
        return message.withHeaders(headers);
    }
}
