package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Refusals by the greeting and by EHLO, which hold for later commands. */
public final class Admission {

    /** A client that got a 5xx greeting has nothing to send but QUIT. */
    private static final Duration TIME_FOR_QUIT = Duration.ofMinutes(1);

    private static final OwnReply NO_SERVICE = OwnReply.refusal(503, "5.5.1", "No service here, send QUIT");

    static final OwnReply NO_QUIT = OwnReply.refusal(421, "4.7.0", "No service here");

    private final LongSupplier nanoTime;
    private Optional<Long> rejectedAt = Optional.empty();
    private boolean helloRefused;

    Admission(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The greeting was 5xx: the session waits for QUIT (RFC 5321 §3.1). */
    void reject() {
        rejectedAt = Optional.of(nanoTime.getAsLong());
    }

    public boolean isRejected() {
        return rejectedAt.isPresent();
    }

    /** The time that the client has for its next command: this, or what is left until it must have sent QUIT. */
    Duration timeFor(Duration command) {
        if (rejectedAt.isEmpty()) {
            return command;
        }
        Duration left = TIME_FOR_QUIT.minusNanos(nanoTime.getAsLong() - rejectedAt.get());
        return left.compareTo(command) < 0 ? left : command;
    }

    /** The proxy refused EHLO, and the destination may not have received it: no mail until one is accepted. */
    public void refuseHello() {
        helloRefused = true;
    }

    public void acceptHello() {
        helloRefused = false;
    }

    /**
     * The refusal of a verb that comes too early, or too late.
     *
     * @param beforeHello whether it may come before EHLO
     * @param helloNeeded whether nobody but the proxy can judge that EHLO is missing
     */
    Optional<Reply> refusal(String verb, boolean beforeHello, boolean helloNeeded) {
        if (isRejected() && !verb.equals("QUIT")) {
            return Optional.of(NO_SERVICE);
        }
        boolean missing = helloRefused || helloNeeded;
        return missing && !beforeHello ? Optional.of(Replies.HELLO_FIRST) : Optional.empty();
    }
}
