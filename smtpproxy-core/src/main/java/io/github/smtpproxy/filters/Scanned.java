package io.github.smtpproxy.filters;

import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.session.Transaction;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * A message that is scanned, and whose it is. Immutable; any thread.
 *
 * @param id names the transaction in the log
 * @param message its body is kept
 * @param client {@link Session#remoteAddress()}
 * @param server {@link Session#localAddress()}
 * @param hello {@link Session#hello()}
 * @param tls {@link Session#tls()}
 * @param authenticated {@link Session#authenticated()}
 * @param identity {@link Session#identity()}
 */
public record Scanned(
        String id,
        Message message,
        InetSocketAddress client,
        InetSocketAddress server,
        Optional<Hello> hello,
        Optional<Tls> tls,
        boolean authenticated,
        Optional<String> identity) {

    /** Checks that all is there. */
    public Scanned {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(message, "message");
        Objects.requireNonNull(client, "client");
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(hello, "hello");
        Objects.requireNonNull(tls, "tls");
        Objects.requireNonNull(identity, "identity");
    }

    static Scanned of(Message message, Transaction transaction) {
        Session session = transaction.session();
        return new Scanned(
                transaction.id(),
                message,
                session.remoteAddress(),
                session.localAddress(),
                session.hello(),
                session.tls(),
                session.authenticated(),
                session.identity());
    }
}
