package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.internal.host.Listeners;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.UnknownAddress;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The logins of a session, at the proxy or at the destination: listeners and throttles get each result; one that failed is
 * logged and delayed, and too many end the session.
 */
public final class Logins {

    private static final Logger log = LoggerFactory.getLogger(Logins.class);

    private static final int MAX_SHOWN = 100;

    private final SessionState session;
    private final Endpoint endpoint;
    private final Listeners listeners;
    private final Pacing pacing;
    private long began;
    private ClientAttributes client = ClientAttributes.NONE;
    private int count;
    private Duration delay = Duration.ZERO;
    private boolean last;

    Logins(SessionState session, Relay relay, Pacing pacing) {
        this.session = session;
        this.endpoint = relay.endpoint();
        this.listeners = relay.listeners();
        this.pacing = pacing;
    }

    /** The client sent AUTH. */
    public void begin() {
        began = System.nanoTime();
    }

    /**
     * The reply to a login that has ended, after the delay of one that failed.
     *
     * @param user who the client claims to be, where the proxy knows
     */
    public Reply end(Reply reply, String mechanism, Optional<String> user) {
        Duration duration = Duration.ofNanos(System.nanoTime() - began);
        String name = mechanism.toUpperCase(Locale.ROOT);
        listeners.notify(session, "auth", l -> l.auth(session, name, reply, duration));
        Step.Auth step = new Step.Auth(session, name, user, reply);
        Optional<Reply> end = pacing.before(step);
        if (step.failed()) {
            afterFailure(reply, mechanism, user);
        }
        pause(step.failed() ? endpoint.failedLoginDelay() : Duration.ZERO);
        return end.orElse(reply);
    }

    /**
     * The authenticator refuses the login that ends now.
     *
     * @param atLeast the delay before its reply
     * @param closing whether no other may follow in this session
     */
    public void refuse(Duration atLeast, boolean closing) {
        delay = atLeast;
        last = closing;
    }

    private void afterFailure(Reply reply, String mechanism, Optional<String> user) {
        count(session.connected());
        log.warn(
                "{} client={} login failed: user={} mechanism={} reply={}",
                session.id(),
                UnknownAddress.text(session.remoteAddress().getAddress()),
                user.map(Logins::shown).orElse("-"),
                shown(mechanism),
                reply.code());
    }

    private void pause(Duration forAny) {
        pacing.pause(delay.compareTo(forAny) > 0 ? delay : forAny);
        delay = Duration.ZERO;
    }

    /** Whether so many failed, or one that was to be the last, that the session ends, whatever words a filter puts in place of the reply to the last one. */
    boolean areTooMany() {
        return last || count >= endpoint.maxFailedLogins();
    }

    /** After XCLIENT it is another client. */
    private void count(ClientAttributes by) {
        count = client.equals(by) ? count + 1 : 1;
        client = by;
    }

    private static String shown(String text) {
        return LogText.escape(text.substring(0, Math.min(text.length(), MAX_SHOWN)))
                .replace(" ", "\\x20");
    }
}
