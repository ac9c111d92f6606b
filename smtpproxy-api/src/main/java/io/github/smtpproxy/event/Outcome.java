package io.github.smtpproxy.event;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** How a transaction ended. Immutable: each setting makes another outcome. */
public final class Outcome {

    /** How a transaction can end. */
    public enum Result {
        /** The destination accepted the message. */
        DELIVERED,
        /** The destination, a filter or the proxy refused it, or each of its recipients. */
        REFUSED,
        /** The client gave up: RSET, EHLO, QUIT, or gone. */
        ABORTED,
        /** Something broke before the destination had the whole message: nothing was delivered. */
        FAILED,
        /** The destination had the whole message, but its reply was lost: it may be delivered. */
        UNKNOWN
    }

    private final Result result;
    private final Duration duration;
    private final Optional<Reply> reply;
    private final long octets;
    private final Optional<Destination> destination;
    private final int recipientsAccepted;
    private final int recipientsAsked;
    private final Optional<Refusal.By> refusedBy;

    private Outcome(
            Result result,
            Duration duration,
            Optional<Reply> reply,
            long octets,
            Optional<Destination> destination,
            int recipientsAccepted,
            int recipientsAsked,
            Optional<Refusal.By> refusedBy) {
        this.result = result;
        this.duration = duration;
        this.reply = reply;
        this.octets = octets;
        this.destination = destination;
        this.recipientsAccepted = recipientsAccepted;
        this.recipientsAsked = recipientsAsked;
        this.refusedBy = refusedBy;
    }

    /**
     * An outcome without reply, message, destination and recipients.
     *
     * @param duration from MAIL to the end; not negative
     */
    public static Outcome of(Result result, Duration duration) {
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(duration, "duration");
        if (duration.isNegative()) {
            throw new IllegalArgumentException("duration must not be negative, was " + duration);
        }
        return new Outcome(result, duration, Optional.empty(), 0, Optional.empty(), 0, 0, Optional.empty());
    }

    /** How it ended. */
    public Result result() {
        return result;
    }

    /** From MAIL to the end. */
    public Duration duration() {
        return duration;
    }

    /**
     * The last reply to the client about it; empty where there was none. Where every recipient was refused and the client
     * gave up, the reply to the last of them.
     */
    public Optional<Reply> reply() {
        return reply;
    }

    /** Who refused it, in {@link #reply}; empty where it was not refused. */
    public Optional<Refusal.By> refusedBy() {
        return refusedBy;
    }

    /** How many octets of message arrived from the client. */
    public long octets() {
        return octets;
    }

    /** Where it went; empty where that was never known. */
    public Optional<Destination> destination() {
        return destination;
    }

    /** How many recipients the destination accepted. */
    public int recipientsAccepted() {
        return recipientsAccepted;
    }

    /** How many recipients the client asked for. */
    public int recipientsAsked() {
        return recipientsAsked;
    }

    /** How many of them were not accepted: refused, or given up before they were answered. */
    public int recipientsRefused() {
        return recipientsAsked - recipientsAccepted;
    }

    /** This with a {@link #reply()}. */
    public Outcome reply(Reply value) {
        Objects.requireNonNull(value, "reply");
        return new Outcome(
                result,
                duration,
                Optional.of(value),
                octets,
                destination,
                recipientsAccepted,
                recipientsAsked,
                refusedBy);
    }

    /** This with who refused it, in {@link #reply()}. */
    public Outcome refusedBy(Refusal.By value) {
        Objects.requireNonNull(value, "refusedBy");
        return new Outcome(
                result, duration, reply, octets, destination, recipientsAccepted, recipientsAsked, Optional.of(value));
    }

    /** This with other {@link #octets()}, 0 and up. */
    public Outcome octets(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("octets must not be negative, was " + value);
        }
        return new Outcome(result, duration, reply, value, destination, recipientsAccepted, recipientsAsked, refusedBy);
    }

    /** This with a {@link #destination()}. */
    public Outcome destination(Destination value) {
        Objects.requireNonNull(value, "destination");
        return new Outcome(
                result, duration, reply, octets, Optional.of(value), recipientsAccepted, recipientsAsked, refusedBy);
    }

    /** This with other {@link #recipientsAccepted()} and {@link #recipientsAsked()}, which are not fewer. */
    public Outcome recipients(int accepted, int asked) {
        if (accepted < 0 || asked < accepted) {
            throw new IllegalArgumentException(
                    "recipients accepted must be between 0 and those asked, " + asked + ", was " + accepted);
        }
        return new Outcome(result, duration, reply, octets, destination, accepted, asked, refusedBy);
    }

    /** The result and the numbers; the reply is not in it. */
    @Override
    public String toString() {
        return result + ", " + octets + " octets, " + recipientsAccepted + " of " + recipientsAsked + " recipients, "
                + duration;
    }
}
