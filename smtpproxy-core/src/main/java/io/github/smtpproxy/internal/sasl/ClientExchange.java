package io.github.smtpproxy.internal.sasl;

import java.util.Optional;

/** The client's side of one AUTH command. Used by one thread. */
public interface ClientExchange {

    /** The mechanism's name for the AUTH command. */
    String mechanism();

    /**
     * The initial response, to be sent in the AUTH command or, if that would be too long, as the response to an empty
     * challenge (RFC 4954 §4). Empty if the server sends the first message.
     */
    Optional<byte[]> initialResponse();

    /**
     * The response to the server's next challenge, both without base64.
     *
     * @throws ExchangeFailedException if there is none; the caller then cancels the exchange with {@code *}
     */
    byte[] respond(byte[] challenge);

    /** Whether a 235 is valid now: if the mechanism authenticates the server too, it must have done so. */
    boolean isComplete();

    /**
     * The server has refused it for good.
     *
     * @return whether a new exchange has something else to send
     */
    default boolean refused() {
        return false;
    }
}
