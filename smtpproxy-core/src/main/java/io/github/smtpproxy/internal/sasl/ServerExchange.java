package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import java.util.Optional;

/** The server's side of one AUTH command, until it answers with something else than a challenge. Used by one thread. */
public interface ServerExchange {

    /**
     * Starts with the initial response of the AUTH command.
     *
     * @param initialResponse empty if there was none: an empty challenge asks for it (RFC 4422 §5); of no octets if it was
     *     {@code =} (RFC 4954 §4)
     */
    default Answer start(Optional<byte[]> initialResponse) {
        return initialResponse.map(this::respond).orElseGet(() -> new Challenge(new byte[0]));
    }

    /** Takes the client's next response, without base64. The caller handles {@code *}. */
    Answer respond(byte[] response);

    /** The user that the client claims to be, if it has sent one. Not authenticated. */
    default Optional<String> claimedUser() {
        return Optional.empty();
    }

    /** Whether the client has been sent an error already: the login has failed, whatever the client sends next. */
    default boolean isRefused() {
        return false;
    }
}
