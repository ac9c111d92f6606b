package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.protocol.EnhancedStatus;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Octets;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The values of sendmail's macros, as Postfix has them. No names are looked up. Immutable. */
final class Macros {

    private static final Pattern XTEXT = Pattern.compile("\\+([0-9A-F]{2})");
    private static final Pattern KEY_SIZE = Pattern.compile("_(?:AES_|CAMELLIA_)?(128|256)_|(CHACHA20)");

    private final String hostname;
    private final Session session;
    private final Optional<String> mechanism;
    private final Optional<String> id;
    private final Optional<MailFrom> mail;
    private final Optional<RcptTo> rcpt;
    private final Optional<Reply> refusal;

    private Macros(
            String hostname,
            Session session,
            Optional<String> mechanism,
            Optional<String> id,
            Optional<MailFrom> mail,
            Optional<RcptTo> rcpt,
            Optional<Reply> refusal) {
        this.hostname = hostname;
        this.session = session;
        this.mechanism = mechanism;
        this.id = id;
        this.mail = mail;
        this.rcpt = rcpt;
        this.refusal = refusal;
    }

    /** @param mechanism by which the client logged in, where that is known */
    static Macros of(Session session, String hostname, Optional<String> mechanism) {
        return new Macros(
                hostname, session, mechanism, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** These in a transaction. */
    Macros transaction(String name, MailFrom begun) {
        return new Macros(hostname, session, mechanism, Optional.of(name), Optional.of(begun), rcpt, refusal);
    }

    /** These about a recipient. */
    Macros recipient(RcptTo value) {
        return new Macros(hostname, session, mechanism, id, mail, Optional.of(value), Optional.empty());
    }

    /** These about a recipient that was refused. */
    Macros refused(RcptTo value, Reply reply) {
        return new Macros(hostname, session, mechanism, id, mail, Optional.of(value), Optional.of(reply));
    }

    /** The names that have a value, each with it; nothing where none has. */
    byte[] data(Stage stage, List<String> names) {
        Frame.Data data = new Frame.Data();
        for (String name : names) {
            value(name.replaceAll("^\\{(.*)\\}$", "$1"))
                    .ifPresent(v -> data.text(name).text(v.replaceAll("[\\r\\n]", "?")));
        }
        byte[] values = data.toBytes();
        return values.length == 0
                ? values
                : new Frame.Data().octet(stage.command()).octets(values).toBytes();
    }

    private Optional<String> value(String name) {
        return ofProxy(name)
                .or(() -> ofClient(name))
                .or(() -> ofTls(name))
                .or(() -> ofLogin(name))
                .or(() -> ofEnvelope(name))
                .filter(v -> !v.isEmpty());
    }

    private Optional<String> ofProxy(String name) {
        return switch (name) {
            case "j", "if_name" -> Optional.of(hostname);
            case "v" -> Optional.of("smtpproxy");
            case "daemon_name" -> Optional.of(session.endpoint());
            case "daemon_addr", "if_addr" -> address(session.localAddress());
            case "daemon_port" ->
                Optional.of(Integer.toString(session.localAddress().getPort()));
            case "b" -> Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now()));
            case "i" -> id;
            default -> Optional.empty();
        };
    }

    private Optional<String> ofClient(String name) {
        Optional<String> known = address(session.remoteAddress());
        return switch (name) {
            case "_" -> Optional.of("unknown [" + known.orElse("unknown") + "]");
            case "client_addr" -> Optional.of(known.orElse("unknown"));
            case "client_name", "client_ptr" -> Optional.of("unknown");
            case "client_resolve" -> Optional.of("FAIL");
            case "client_port" ->
                Optional.of(Integer.toString(session.remoteAddress().getPort()));
            case "s" -> session.hello().map(Hello::name);
            case "r" -> Optional.of(session.hello().filter(Hello::extended).isPresent() ? "ESMTP" : "SMTP");
            default -> Optional.empty();
        };
    }

    /** The address without a zone; empty where it is not known. */
    static Optional<String> address(InetSocketAddress socket) {
        InetAddress address = socket.getAddress();
        return address.isAnyLocalAddress()
                ? Optional.empty()
                : Optional.of(address.getHostAddress().replaceFirst("%.*$", ""));
    }

    /** Nothing of the client's certificate: whether it is to be trusted is not known here. */
    private Optional<String> ofTls(String name) {
        return switch (name) {
            case "tls_version" -> session.tls().map(Tls::protocol);
            case "cipher" -> session.tls().map(Tls::cipherSuite);
            case "cipher_bits" -> session.tls().map(t -> keySize(t.cipherSuite()));
            default -> Optional.empty();
        };
    }

    private static String keySize(String cipherSuite) {
        Matcher m = KEY_SIZE.matcher(cipherSuite);
        return !m.find() ? "0" : m.group(1) == null ? "256" : m.group(1);
    }

    private Optional<String> ofLogin(String name) {
        if (!session.authenticated()) {
            return Optional.empty();
        }
        return switch (name) {
            case "auth_type" -> Optional.of(mechanism.orElse("unknown"));
            case "auth_authen" -> session.identity().map(Octets::encode);
            case "auth_author" ->
                mail.flatMap(m -> m.parameters().value("AUTH")).map(Macros::decoded);
            default -> Optional.empty();
        };
    }

    /** From xtext (RFC 3461 §4). */
    private static String decoded(String xtext) {
        return XTEXT.matcher(xtext)
                .replaceAll(m -> Matcher.quoteReplacement("" + (char) Integer.parseInt(m.group(1), 16)));
    }

    private Optional<String> ofEnvelope(String name) {
        return switch (name) {
            case "mail_addr" -> mail.flatMap(MailFrom::sender).map(Mailbox::octets);
            case "mail_host" -> mail.flatMap(MailFrom::sender).map(Mailbox::asciiDomain);
            case "mail_mailer" -> mail.map(m -> "smtp");
            case "rcpt_addr" ->
                rcpt.map(r -> refusal.map(Macros::text).orElse(r.recipient().octets()));
            case "rcpt_host" ->
                rcpt.map(r -> refusal.map(Macros::status).orElse(r.recipient().asciiDomain()));
            case "rcpt_mailer" -> rcpt.map(r -> refusal.isPresent() ? "error" : "smtp");
            default -> Optional.empty();
        };
    }

    private static String status(Reply refusal) {
        return refusal.status().map(EnhancedStatus::toString).orElse(refusal.code() / 100 + ".0.0");
    }

    private static String text(Reply refusal) {
        String line = refusal.wireLines().get(0);
        String text = line.length() > 4 ? line.substring(4) : "";
        return refusal.status()
                .map(s -> text.substring(Math.min(text.length(), s.toString().length()))
                        .strip())
                .orElse(text);
    }
}
