package io.github.smtpproxy.session;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import java.util.List;

/**
 * One mail transaction: from MAIL to the reply to its data, or to RSET (RFC 5321 §3.3). Used on the session's own thread
 * only. Its attributes end with it.
 */
public interface Transaction extends Attributes {

    /** Names the transaction in logs: the session's id and a number. */
    String id();

    /** The session it belongs to. */
    Session session();

    /** The MAIL command as the filters passed it on; while they have it, as the client sent it. */
    MailFrom mail();

    /** The recipients that the destination has accepted so far, in order. Waits for replies that are on their way. */
    List<RcptTo> recipients();
}
