package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.wire.ReplyValue;
import io.github.smtpproxy.protocol.Reply;

/**
 * A refusal that does not come from the destination: its lines, who refused, and how a transaction ends that ends with it.
 * Every other refusal is a {@link io.github.smtpproxy.internal.wire.ServerReply}.
 */
public final class OwnReply extends ReplyValue {

    private final By by;
    private final String name;
    private final Result result;
    private final boolean destinationFailed;

    private OwnReply(Reply lines, By by, String name, Result result, boolean destinationFailed) {
        super(lines);
        this.by = by;
        this.name = name;
        this.result = result;
        this.destinationFailed = destinationFailed;
    }

    /** A refusal of the proxy. */
    public static OwnReply refusal(int code, String status, String text) {
        return new OwnReply(Reply.refusal(code, status, text), By.PROXY, "", Result.REFUSED, false);
    }

    /** A refusal by a limit, which has the name of its setting. */
    public static OwnReply limit(String setting, int code, String status, String text) {
        return new OwnReply(Reply.refusal(code, status, text), By.LIMIT, setting, Result.REFUSED, false);
    }

    /** A refusal by the proxy since the destination failed. */
    public static OwnReply destination(int code, String status, String text) {
        return new OwnReply(Reply.refusal(code, status, text), By.PROXY, "", Result.REFUSED, true);
    }

    /**
     * This refusal, whoever made it, as one by a filter, a throttle, a router or the proxy.
     *
     * @param name which of them
     */
    public static OwnReply by(By by, String name, Reply refusal) {
        Result result = refusal instanceof OwnReply own ? own.result : Result.REFUSED;
        return new OwnReply(refusal, by, name, result, false);
    }

    /** This refusal where it ends a transaction in another way than {@code REFUSED}. */
    public OwnReply ending(Result with) {
        return new OwnReply(this, by, name, with, destinationFailed);
    }

    public By by() {
        return by;
    }

    /** Whether it was the destination that failed: its name belongs to the refusal. */
    boolean destinationFailed() {
        return destinationFailed;
    }

    /** Which of them; the setting of a limit; empty where {@link #by} is enough. */
    public String name() {
        return name;
    }

    /** Whether a message had more octets than a filter allowed, and the filter is not named yet. */
    boolean isMessageLimit() {
        return by == By.LIMIT && name.equals(Replies.MESSAGE_LIMIT);
    }

    /** The same where the reply is to MAIL: code of others that failed there refused it, no more. */
    public static Result resultOfMail(Reply reply) {
        boolean failed = reply instanceof OwnReply own && !own.destinationFailed && own.result == Result.FAILED;
        return failed ? Result.REFUSED : result(reply);
    }

    /** How a transaction ends that ends with this reply to its message. */
    public static Result result(Reply reply) {
        if (reply.isPositive()) {
            return Result.DELIVERED;
        }
        return reply instanceof OwnReply own ? own.result : Result.REFUSED;
    }
}
