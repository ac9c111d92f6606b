package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session.HangUp;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * A fault that is about to be added: first how often it is made, then what it is, which adds it. Immutable: each setting makes
 * another one.
 *
 * @param <T> its own type
 */
public abstract class Injection<T extends Injection<T>> {

    final Rules rules;
    final Conditions conditions;

    Injection(Rules rules, Conditions conditions) {
        this.rules = rules;
        this.conditions = conditions;
    }

    abstract T with(Conditions changed);

    /**
     * Makes it so many times at most; without a limit by default.
     *
     * @param count 1 and up
     */
    public T times(long count) {
        return with(conditions.times(count));
    }

    /**
     * Leaves out the first times that it fits; none by default. {@code after(2).times(1)} is the third time only.
     *
     * @param count 0 and up
     */
    public T after(long count) {
        return with(conditions.skip(count));
    }

    /**
     * Makes it with this probability each time that it fits; always by default.
     *
     * @param value 0 to 1
     */
    public T probability(double value) {
        return with(conditions.probability(value, OptionalLong.empty()));
    }

    /** The same, with a seed of its own. */
    public T probability(double value, long seed) {
        return with(conditions.probability(value, OptionalLong.of(seed)));
    }

    /**
     * Refuses: nothing of it reaches the destination, or, of a message, not its end.
     *
     * @param code 400 to 599
     * @param status the enhanced status, such as {@code 4.2.1}
     */
    public Injected reply(int code, String status, String text) {
        return add(new Fault.Refuse(Reply.refusal(code, status, text)));
    }

    /**
     * Goes on later, before the destination gets it.
     *
     * @param time above zero and at most an hour
     */
    public Injected delay(Duration time) {
        return add(new Fault.Delay(time));
    }

    /**
     * The same by a time between these two.
     *
     * @param from above zero
     * @param to at most an hour
     */
    public Injected delay(Duration from, Duration to) {
        return rules.add(conditions, between(from, to));
    }

    /**
     * Writes the reply later, after the destination has done it.
     *
     * @param time above zero and at most an hour
     */
    public Injected delayReply(Duration time) {
        return addAtReply(new Fault.Delay(time));
    }

    /** The same by a time between these two. */
    public Injected delayReply(Duration from, Duration to) {
        return rules.add(conditions.atReply(), between(from, to));
    }

    /** Closes both connections before the destination gets it. */
    public Injected hangUp() {
        return add(new Fault.HangUp(HangUp.CLOSE));
    }

    /** Resets the client's connection, and closes that of the destination, before the destination gets it. */
    public Injected reset() {
        return add(new Fault.HangUp(HangUp.RESET));
    }

    /** Closes both connections in place of the reply, after the destination has done it. */
    public Injected loseReply() {
        return addAtReply(new Fault.HangUp(HangUp.CLOSE));
    }

    /**
     * Writes the first octets of the reply, then closes both connections.
     *
     * @param octets 0 and up
     */
    public Injected cutReply(int octets) {
        return addAtReply(new Fault.Cut(octets, HangUp.CLOSE));
    }

    /** Writes the first half of the reply, then closes both connections. */
    public Injected halfReply() {
        return rules.add(conditions.atReply(), (point, chance) -> new Fault.Cut(half(point), HangUp.CLOSE));
    }

    private static int half(FaultPoint point) {
        Reply reply = point.reply().orElseThrow();
        return reply.wireLines().stream().mapToInt(line -> line.length() + 2).sum() / 2;
    }

    /**
     * Writes the reply in pieces.
     *
     * @param octets of each, 1 and up
     * @param pause between them, above zero and at most an hour
     */
    public Injected sliceReply(int octets, Duration pause) {
        return addAtReply(new Fault.Slice(octets, pause));
    }

    /**
     * Writes something that is no reply in its place.
     *
     * @param line 1 to 500 characters of printable ASCII that do not begin with three digits
     */
    public Injected garbage(String line) {
        return addAtReply(new Fault.Garble(line));
    }

    /**
     * Writes the reply, and closes both connections so much later.
     *
     * @param time above zero and at most an hour
     */
    public Injected slowClose(Duration time) {
        return addAtReply(new Fault.Linger(time));
    }

    private Injected add(Fault fault) {
        return rules.add(conditions, (point, chance) -> fault);
    }

    private Injected addAtReply(Fault fault) {
        return rules.add(conditions.atReply(), (point, chance) -> fault);
    }

    private static Making between(Duration from, Duration to) {
        Objects.requireNonNull(from, "from");
        Objects.requireNonNull(to, "to");
        new Fault.Delay(from);
        new Fault.Delay(to);
        if (from.compareTo(to) > 0) {
            throw new IllegalArgumentException("from must be at most " + to + ", was " + from);
        }
        long most = to.minus(from).toNanos();
        return (point, chance) -> new Fault.Delay(from.plusNanos((long) (most * chance)));
    }
}
