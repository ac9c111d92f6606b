package io.github.smtpproxy.junit;

import java.util.List;
import java.util.Objects;

/**
 * A message that the extension's own server has accepted.
 *
 * @param sender the address, empty for the null sender
 * @param recipients those that it has accepted, in order
 * @param text header and body, each octet a character; lines end with CRLF
 */
public record ReceivedMessage(String sender, List<String> recipients, String text) {

    public ReceivedMessage {
        Objects.requireNonNull(sender, "sender");
        Objects.requireNonNull(recipients, "recipients");
        Objects.requireNonNull(text, "text");
        recipients = List.copyOf(recipients);
    }
}
