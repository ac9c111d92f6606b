package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/** Refusals of the proxy that hold: what a client may not say any more, and until when. */
final class Standing {

    /** What may be said before EHLO (RFC 5321 §4.1.4), VRFY and EXPN aside: they ask about mailboxes. */
    private static final Set<String> BEFORE_HELLO =
            Set.of("EHLO", "HELO", "NOOP", "RSET", "HELP", "QUIT", "STARTTLS", "XCLIENT");

    /** A client that was turned away has nothing to say but QUIT. */
    private static final Duration LONGEST_FAREWELL = Duration.ofMinutes(1);

    private static final OwnReply NO_SERVICE = OwnReply.refusal(503, "5.5.1", "No service here, send QUIT");

    static final OwnReply STAYED_TOO_LONG = OwnReply.refusal(421, "4.7.0", "No service here");

    private final Conversation conversation;
    private final LongSupplier nanoTime;
    private Optional<Long> turnedAway = Optional.empty();
    private boolean helloRefused;
    private boolean mailRefused;

    Standing(Conversation conversation, LongSupplier nanoTime) {
        this.conversation = conversation;
        this.nanoTime = nanoTime;
    }

    /** The client was greeted with a refusal for good: it is waited for its QUIT (RFC 5321 §3.1). */
    void turnAway() {
        turnedAway = Optional.of(nanoTime.getAsLong());
    }

    boolean isTurnedAway() {
        return turnedAway.isPresent();
    }

    /** How long the next command may take, so much being allowed otherwise; at most zero where the time is over. */
    Duration patience(Duration otherwise) {
        if (turnedAway.isEmpty()) {
            return otherwise;
        }
        Duration left = LONGEST_FAREWELL.minusNanos(nanoTime.getAsLong() - turnedAway.get());
        return left.compareTo(otherwise) < 0 ? left : otherwise;
    }

    /** EHLO was refused here, and the destination may not have heard of it: there is no mail until a good one. */
    void helloRefused() {
        helloRefused = true;
    }

    void helloAccepted() {
        helloRefused = false;
    }

    /** MAIL was refused here: what comes behind it belongs to no transaction. */
    void mailRefused() {
        mailRefused = true;
    }

    /** A new transaction begins, or none is wanted. */
    void mailForgotten() {
        mailRefused = false;
    }

    /** Whether RCPT, DATA and BDAT are refused here, as long as no transaction is under way. */
    boolean isMailRefused() {
        return mailRefused;
    }

    /** What a client hears that says this too early, or too late. */
    Optional<Reply> refused(String verb) {
        if (turnedAway.isPresent() && !verb.equals("QUIT")) {
            return Optional.of(NO_SERVICE);
        }
        return helloIsMissing() && !BEFORE_HELLO.contains(verb) ? Optional.of(Replies.HELLO_FIRST) : Optional.empty();
    }

    /** A destination that is known judges for itself whether it wants EHLO, unless we kept one from it. */
    private boolean helloIsMissing() {
        boolean nobodyToJudge =
                conversation.home().isEmpty() && conversation.session.hello().isEmpty();
        return helloRefused || nobodyToJudge;
    }
}
