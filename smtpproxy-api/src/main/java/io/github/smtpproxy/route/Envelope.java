package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import java.util.Objects;
import java.util.Optional;

/**
 * What a server is chosen for, as far as it is known by then.
 *
 * @param session the session
 * @param mail the sender; empty when a client connects
 * @param recipient the first recipient; empty before it is known
 */
public record Envelope(Session session, Optional<MailFrom> mail, Optional<RcptTo> recipient) {

    /** Refuses null. */
    public Envelope {
        Objects.requireNonNull(session, "session");
        Objects.requireNonNull(mail, "mail");
        Objects.requireNonNull(recipient, "recipient");
    }
}
