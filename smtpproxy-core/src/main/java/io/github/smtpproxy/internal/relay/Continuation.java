package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** A reply after which the same command goes on: 354 before a message, 334 in a login, 220 before a TLS handshake. */
public final class Continuation implements Reply {

    private final Reply first;
    private final Next next;

    /** What comes after the first reply is written. */
    public interface Next {

        /** The next reply; empty where there is none. */
        Optional<Reply> reply() throws IOException;
    }

    /** What comes after the first reply is written, where another reply follows. */
    public interface Following {
        Reply reply() throws IOException;
    }

    private Continuation(Reply first, Next next) {
        this.first = first;
        this.next = next;
    }

    /** A reply that another one follows. */
    public static Continuation of(Reply first, Following next) {
        return new Continuation(first, () -> Optional.of(next.reply()));
    }

    /** A reply that another one may follow. */
    public static Continuation maybe(Reply first, Next next) {
        return new Continuation(first, next);
    }

    /** The reply that is written first. */
    Reply first() {
        return first;
    }

    /** Goes on, once the first reply is written. */
    Optional<Reply> next() throws IOException {
        return next.reply();
    }

    @Override
    public List<String> wireLines() {
        return first.wireLines();
    }

    /** As any reply of the same lines: a filter may return a copy of a challenge that it got. */
    @Override
    public boolean equals(Object other) {
        return first.equals(other);
    }

    @Override
    public int hashCode() {
        return first.hashCode();
    }

    @Override
    public String toString() {
        return first.toString();
    }
}
