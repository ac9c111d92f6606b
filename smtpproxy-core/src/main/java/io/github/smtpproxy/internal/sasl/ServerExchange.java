package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import java.util.Optional;

/** The server's end of one AUTH command. For one thread, one after the other, until it answers no challenge. */
public interface ServerExchange {

    /**
     * Begins with what came in the AUTH command itself.
     *
     * @param initialResponse empty if none came: the client is asked for it with an empty challenge (RFC 4422 §5); no
     *     octets if it was {@code =}
     */
    default Answer start(Optional<byte[]> initialResponse) {
        return initialResponse.map(this::respond).orElseGet(() -> new Challenge(new byte[0]));
    }

    /** Goes on with the client's next response, decoded; {@code *} is the caller's. */
    Answer respond(byte[] response);

    /** Who the client says that it is, as far as it has said so: nothing is proved by it. */
    default Optional<String> claimedUser() {
        return Optional.empty();
    }

    /** Whether the client has heard already that its secret is wrong: however it goes on, its login has failed. */
    default boolean isRefused() {
        return false;
    }
}
