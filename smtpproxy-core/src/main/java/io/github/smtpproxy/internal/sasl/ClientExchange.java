package io.github.smtpproxy.internal.sasl;

import java.util.Optional;

/** The client's end of one AUTH command. For one thread. */
public interface ClientExchange {

    /** The name for the AUTH command. */
    String mechanism();

    /**
     * What the client says first: in the command itself or, where that would be too long, in answer to the empty challenge
     * that then comes. Empty if the server says something first.
     */
    Optional<byte[]> initialResponse();

    /**
     * The response to the server's next challenge, both decoded.
     *
     * @throws ExchangeFailedException if there is none; the caller then cancels with {@code *}
     */
    byte[] respond(byte[] challenge);

    /** Whether a 235 now may be believed: where the mechanism has the server prove itself, that it did. */
    boolean isComplete();
}
