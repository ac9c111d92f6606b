package io.github.smtpproxy.filters.rspamd;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filters.Finding;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.ScanSettings;
import io.github.smtpproxy.filters.ScanWith;
import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.json.Json;
import io.github.smtpproxy.json.JsonLibrary;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Key;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Scans messages with rspamd, by HTTP with its normal worker, and obeys it: {@code reject} is
 * {@code 554 5.7.1 Spam message rejected} and {@code soft reject} is {@code 451 4.7.1 Try again later}, both in rspamd's own
 * words where it has some; {@code add header} and {@code rewrite subject} mark the message; {@code greylist} passes, since
 * rspamd sends {@code soft reject} when it wants a delay. Fields that its modules add and remove, DKIM signatures, and
 * a rewritten message are taken over. A message that rspamd wants to be lost without a word ({@code discard}) is
 * refused unless {@link #onDiscard} routes it: only the destination accepts.
 *
 * <p>Up to 25 MiB by default; larger messages pass. Where authenticated clients are not exempt, rspamd applies its rules for
 * outbound mail to them. Immutable: each setting makes another scanner. Needs {@code com.fasterxml.jackson.core:jackson-core}.
 */
public final class ScanWithRspamd extends ScanWith<ScanWithRspamd> {

    /** What rspamd found: an attribute of the transaction. */
    public static final Key<RspamdResult> RESULT = Key.of("rspamd's result", RspamdResult.class);

    private static final long LARGEST = 25L << 20;
    private static final int MAX_NAMED = 5;

    private final Failover<URI> rspamd;
    private final Optional<String> settingsId;
    private final Optional<String> mtaName;
    private final OnDiscard onDiscard;

    private ScanWithRspamd(
            ScanSettings settings,
            Failover<URI> rspamd,
            Optional<String> settingsId,
            Optional<String> mtaName,
            OnDiscard onDiscard) {
        super(settings);
        this.onDiscard = onDiscard;
        this.rspamd = rspamd;
        this.settingsId = settingsId;
        this.mtaName = mtaName;
    }

    /**
     * Asks one of these, the next one where one fails.
     *
     * @param rspamd {@code http://HOST:11333} or {@code https://…} where there is TLS before it; at least one
     */
    public static ScanWithRspamd at(String... rspamd) {
        JsonLibrary.require("ScanWithRspamd");
        Objects.requireNonNull(rspamd, "rspamd");
        URI[] hosts = Stream.of(rspamd).map(ScanWithRspamd::uri).toArray(URI[]::new);
        return new ScanWithRspamd(
                ScanSettings.upTo(LARGEST), Failover.of(hosts), Optional.empty(), Optional.empty(), OnDiscard.refuse());
    }

    private static URI uri(String text) {
        Objects.requireNonNull(text, "rspamd");
        try {
            URI uri = URI.create(text);
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            boolean plain = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
            if (web
                    && plain
                    && isHost(uri.getHost())
                    && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))) {
                return uri;
            }
        } catch (IllegalArgumentException noUri) {
            // refused below
        }
        throw new IllegalArgumentException(
                "rspamd must be like http://127.0.0.1:11333, was \"" + withoutLogin(text) + "\"");
    }

    private static String withoutLogin(String text) {
        return text.replaceAll("//[^/]*@", "//...@");
    }

    private static boolean isHost(String host) {
        return host != null && HostName.isValidOrAddress(host.replaceAll("[\\[\\]]", ""));
    }

    /** This with the id of the settings that rspamd is to apply ({@code Settings-ID}). */
    public ScanWithRspamd settingsId(String id) {
        return new ScanWithRspamd(settings(), rspamd, Optional.of(word("settingsId", id)), mtaName, onDiscard);
    }

    /** This with our name, for rspamd's {@code Authentication-Results} ({@code MTA-Name}). */
    public ScanWithRspamd mtaName(String name) {
        return new ScanWithRspamd(settings(), rspamd, settingsId, Optional.of(word("mtaName", name)), onDiscard);
    }

    /** This with another fate of messages that rspamd wants to discard: they are refused by default. */
    public ScanWithRspamd onDiscard(OnDiscard fate) {
        Objects.requireNonNull(fate, "onDiscard");
        return new ScanWithRspamd(settings(), rspamd, settingsId, mtaName, fate);
    }

    private static String word(String setting, String value) {
        Objects.requireNonNull(value, setting);
        if (!value.matches("[!-~]{1,255}")) {
            throw new IllegalArgumentException(
                    setting + " must be 1 to 255 printable characters, was \"" + value + "\"");
        }
        return value;
    }

    @Override
    protected ScanWithRspamd with(ScanSettings changed) {
        return new ScanWithRspamd(changed, rspamd, settingsId, mtaName, onDiscard);
    }

    @Override
    protected Finding scan(Scanned scanned, Duration limit) throws IOException, InterruptedException {
        long began = System.nanoTime();
        RspamdReply reply = rspamd.ask(limit, new RspamdRequest(scanned, settingsId, mtaName)::ask);
        RspamdResult result = reply.result();
        Optional<Reply> refusal = Json.isTrue(reply.milter(), "no_action")
                ? Optional.empty()
                : refusal(reply, result.action(), scanned.id());
        Verdict verdict = verdict(refusal, result).took(Duration.ofNanos(System.nanoTime() - began));
        return routed(finding(verdict, refusal, reply), reply).evidence(RESULT, result);
    }

    private Verdict verdict(Optional<Reply> refusal, RspamdResult result) {
        Decision decision = refusal.map(r -> r.isPermanent() ? Decision.REFUSE : Decision.DEFER)
                .orElse(Decision.PASS);
        String symbols = String.join(",", result.heaviest(MAX_NAMED));
        return Verdict.of(name(), decision).score(result.score()).rule((result.action() + " " + symbols).strip());
    }

    private static Finding finding(Verdict verdict, Optional<Reply> refusal, RspamdReply reply) {
        String action = Json.isTrue(reply.milter(), "no_action")
                ? "no action"
                : reply.result().action();
        return refusal.map(r -> Finding.refuse(verdict, r))
                .orElseGet(() -> Finding.pass(verdict).changing(new RspamdChanges(reply, action)::on));
    }

    private Finding routed(Finding finding, RspamdReply reply) {
        Optional<Target> other = isDiscarded(reply) ? onDiscard.target() : Optional.empty();
        return other.map(target -> finding.changing(message -> message.routedTo(target)))
                .orElse(finding);
    }

    private static boolean isDiscarded(RspamdReply reply) {
        return "discard".equals(reply.milter().get("reject")) && !Json.isTrue(reply.milter(), "no_action");
    }

    private Optional<Reply> refusal(RspamdReply reply, String action, String id) {
        if (action.equals("soft reject")) {
            return Optional.of(refusal(451, "4.7.1", reply.words().orElse("Try again later"), id));
        }
        boolean lost = isDiscarded(reply) && onDiscard.target().isEmpty();
        return action.equals("reject") || lost
                ? Optional.of(refusal(554, "5.7.1", reply.words().orElse("Spam message rejected"), id))
                : Optional.empty();
    }

    private static Reply refusal(int code, String status, String words, String id) {
        return Reply.refusal(code, status, Printable.of(words) + " (" + id + ")");
    }
}
