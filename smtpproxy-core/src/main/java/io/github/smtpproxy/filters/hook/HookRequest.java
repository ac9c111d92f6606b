package io.github.smtpproxy.filters.hook;

import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.session.Transaction;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is sent to a hook, in whatever dialect. Immutable; any thread.
 *
 * @param id of the transaction, or of the session where there is none
 * @param login empty without one; empty text where only the destination knows who
 */
record HookRequest(
        HookStage stage,
        String id,
        InetSocketAddress client,
        InetSocketAddress server,
        Optional<String> hello,
        Optional<Tls> tls,
        Optional<String> login,
        Optional<Envelope> envelope,
        Optional<Message> message) {

    /** Sender and recipients. */
    record Envelope(MailFrom mail, List<RcptTo> recipients) {}

    private static HookRequest of(
            HookStage stage, String id, Session session, Optional<Hello> hello, Optional<Envelope> envelope) {
        return new HookRequest(
                stage,
                id,
                session.remoteAddress(),
                session.localAddress(),
                hello.map(Hello::name),
                session.tls(),
                login(session.authenticated(), session.identity()),
                envelope,
                Optional.empty());
    }

    private static Optional<String> login(boolean authenticated, Optional<String> identity) {
        return authenticated ? Optional.of(identity.orElse("")) : Optional.empty();
    }

    static HookRequest connect(Session session) {
        return of(HookStage.CONNECT, session.id(), session, session.hello(), Optional.empty());
    }

    static HookRequest ehlo(Session session, Hello hello) {
        return of(HookStage.EHLO, session.id(), session, Optional.of(hello), Optional.empty());
    }

    static HookRequest mail(Transaction transaction, MailFrom mail) {
        Session session = transaction.session();
        Envelope envelope = new Envelope(mail, List.of());
        return of(HookStage.MAIL, transaction.id(), session, session.hello(), Optional.of(envelope));
    }

    /** The recipient that is asked about is the last one, behind those that the destination has accepted. */
    static HookRequest rcpt(Transaction transaction, RcptTo rcpt) {
        Session session = transaction.session();
        List<RcptTo> recipients = new ArrayList<>(transaction.recipients());
        recipients.add(rcpt);
        Envelope envelope = new Envelope(transaction.mail(), List.copyOf(recipients));
        return of(HookStage.RCPT, transaction.id(), session, session.hello(), Optional.of(envelope));
    }

    static HookRequest data(Scanned scanned) {
        Message message = scanned.message();
        return new HookRequest(
                HookStage.DATA,
                scanned.id(),
                scanned.client(),
                scanned.server(),
                scanned.hello().map(Hello::name),
                scanned.tls(),
                login(scanned.authenticated(), scanned.identity()),
                Optional.of(new Envelope(message.mail(), message.recipients())),
                Optional.of(message));
    }
}
