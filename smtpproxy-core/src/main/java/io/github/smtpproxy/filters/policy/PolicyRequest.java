package io.github.smtpproxy.filters.policy;

import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import io.github.smtpproxy.session.Transaction;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The attributes of one request, in the order of Postfix's SMTPD_POLICY_README. Immutable. */
final class PolicyRequest {

    private static final Pattern KEY_SIZE = Pattern.compile("_(?:AES_|CAMELLIA_)?(128|256)_|CHACHA20");

    private final Map<String, String> attributes = new LinkedHashMap<>();

    private PolicyRequest(String state, Transaction transaction, MailFrom mail, Optional<RcptTo> rcpt, int count) {
        Session session = transaction.session();
        put("request", "smtpd_access_policy");
        put("protocol_state", state);
        put("protocol_name", session.hello().filter(Hello::extended).isPresent() ? "ESMTP" : "SMTP");
        put("helo_name", session.hello().map(Hello::name).orElse(""));
        put("queue_id", transaction.id());
        put("sender", mail.sender().map(Mailbox::octets).orElse(""));
        put("recipient", rcpt.map(r -> r.recipient().octets()).orElse(""));
        put("recipient_count", Integer.toString(count));
        client(session);
        put("instance", transaction.id());
        login(session);
        put("size", Long.toString(mail.size().orElse(0L)));
        encryption(session.tls());
    }

    /** For RCPT. */
    static PolicyRequest rcpt(RcptTo rcpt, Transaction transaction, String context) {
        return new PolicyRequest("RCPT", transaction, transaction.mail(), Optional.of(rcpt), 0).rest(context);
    }

    /** For the message, whose recipients are known. */
    static PolicyRequest data(MailFrom mail, int recipients, Transaction transaction, String context) {
        return new PolicyRequest("DATA", transaction, mail, Optional.empty(), recipients).rest(context);
    }

    /** No names are looked up; Postfix writes {@code unknown} for a client without one. */
    private void client(Session session) {
        boolean known = !session.remoteAddress().getAddress().isAnyLocalAddress();
        put("client_address", known ? address(session.remoteAddress()) : "unknown");
        put("client_name", "unknown");
        put("reverse_client_name", "unknown");
        put("client_port", known ? Integer.toString(session.remoteAddress().getPort()) : "0");
        put("server_address", address(session.localAddress()));
        put("server_port", Integer.toString(session.localAddress().getPort()));
    }

    private static String address(InetSocketAddress socket) {
        String text = socket.getAddress().getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    private void login(Session session) {
        put("sasl_method", "");
        put("sasl_username", session.authenticated() ? session.identity().orElse("") : "");
        put("sasl_sender", "");
    }

    /** Nothing of the client's certificate: whether it is to be trusted is not known here. */
    private void encryption(Optional<Tls> tls) {
        put("ccert_subject", "");
        put("ccert_issuer", "");
        put("ccert_fingerprint", "");
        put("encryption_protocol", tls.map(Tls::protocol).orElse(""));
        put("encryption_cipher", tls.map(Tls::cipherSuite).orElse(""));
        put("encryption_keysize", tls.map(t -> keySize(t.cipherSuite())).orElse("0"));
    }

    private static String keySize(String cipherSuite) {
        Matcher m = KEY_SIZE.matcher(cipherSuite);
        return !m.find() ? "0" : m.group(1) == null ? "256" : m.group(1);
    }

    private PolicyRequest rest(String context) {
        put("etrn_domain", "");
        put("stress", "");
        put("policy_context", context);
        put("compatibility_level", "");
        put("mail_version", "smtpproxy");
        return this;
    }

    /** A value must not begin another attribute. */
    private void put(String name, String value) {
        attributes.put(name, value.replaceAll("[\\r\\n\\x00]", "?"));
    }

    byte[] toBytes() {
        StringBuilder text = new StringBuilder();
        attributes.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
        return text.append('\n').toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
