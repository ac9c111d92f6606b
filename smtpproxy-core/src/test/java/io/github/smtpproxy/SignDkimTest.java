package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.ChangeHeaders;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.filters.dkim.DkimKey;
import io.github.smtpproxy.filters.dkim.DkimResult;
import io.github.smtpproxy.filters.dkim.DkimResult.Code;
import io.github.smtpproxy.filters.dkim.DkimVerifier;
import io.github.smtpproxy.filters.dkim.SignDkim;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ForeignSigner;
import io.github.smtpproxy.testing.ScriptedDns;
import io.github.smtpproxy.testing.SetClock;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages of those who may sign arrive signed, and are otherwise what was sent, octet for octet. */
@Timeout(120)
class SignDkimTest extends ProxyTest {

    private static final KeyPair RSA = ForeignSigner.rsa(2048);
    private static final KeyPair ED25519 = ForeignSigner.ed25519();
    private static final String FIELDS = "From: Alice <a@client.test>\r\nTo: b@dest.test\r\nSubject: hello\r\n";
    private static final String MESSAGE = FIELDS + "\r\nHello  Bob, \r\n..dot\r\n\r\n\r\n";

    private final SetClock clock = new SetClock();
    private final List<Verdict> verdicts = new CopyOnWriteArrayList<>();
    private final ScriptedDns dns = ScriptedDns.start();

    @AfterEach
    void close() {
        dns.close();
    }

    private DkimKey key(String domain, String selector, KeyPair keys) {
        DkimKey key = DkimKey.of(domain, selector, keys.getPrivate());
        dns.has(key.recordName(), key.record());
        return key;
    }

    private SignDkim signing() {
        return SignDkim.with(key("client.test", "s1", RSA)).at(clock);
    }

    private SmtpProxyBuilder with(Filter... filters) {
        SmtpProxyBuilder builder = proxy();
        Stream.of(filters).forEach(builder::filter);
        return builder.listener(new ProxyListener() {
            @Override
            public void verdict(Session session, Verdict verdict) {
                verdicts.add(verdict);
            }
        });
    }

    private Dialogue client(Filter... filters) {
        return clientOf(with(filters)).greets();
    }

    /** Sends a message that is dot-stuffed already; gives what arrived, as it stood on the wire. */
    private String sent(Dialogue client, String message) {
        client.envelope().says("DATA").hears("354").sends(message + ".\r\n").hears("250");
        client.says("QUIT").hears("221");
        return destination.messages().get(0);
    }

    private List<DkimResult> verified(String wire) {
        String text = wire.replace("\r\n.", "\r\n");
        int end = text.indexOf("\r\n\r\n") + 2;
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        Message message = Message.of(
                Headers.parse(Arrays.copyOf(octets, end)),
                Content.of(Arrays.copyOfRange(octets, end + 2, octets.length)));
        return DkimVerifier.with(dns.resolver()).at(clock).verify(message);
    }

    private void assertSigned(String arrived, String message) {
        assertThat(arrived).startsWith("DKIM-Signature: v=1;").endsWith("\r\n" + message);
        assertThat(verified(arrived)).extracting(DkimResult::code).containsOnly(Code.PASS);
    }

    @Test
    void the_signature_stands_before_the_message() {
        String arrived = sent(client(signing()), MESSAGE);
        assertSigned(arrived, MESSAGE);
        String field = arrived.substring(0, arrived.length() - MESSAGE.length());
        assertThat(field.replaceAll("b=[^;]*$", "b="))
                .isEqualTo("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=client.test; s=s1;\r\n"
                        + "\tt=1767225600; h=From:From:Reply-To:Subject:Subject:Date:To:To:Cc:\r\n"
                        + "\tMIME-Version:Content-Type:Content-Transfer-Encoding;\r\n"
                        + "\tbh=" + bodyHash("Hello Bob,\r\n.dot\r\n") + ";\r\n\tb=");
        assertThat(field.split("\r\n")).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(78));
        assertThat(verdicts).singleElement().satisfies(v -> {
            assertThat(v.decision()).isEqualTo(Verdict.Decision.PASS);
            assertThat(v.rule()).isEqualTo("signed: [s1._domainkey.client.test]");
        });
    }

    private static String bodyHash(String canonical) {
        try {
            return Base64.getEncoder()
                    .encodeToString(java.security.MessageDigest.getInstance("SHA-256")
                            .digest(canonical.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void fields_are_covered_once_more_than_they_are_there() {
        String message = "List-Unsubscribe: <mailto:u@client.test>\r\nSender: x@client.test\r\nFrom: a@client.test\r\n"
                + "Message-ID: <1@client.test>\r\nContent-Type: text/plain\r\nTo: b@dest.test\r\nTo: c@dest.test\r\n\r\nx\r\n";
        String arrived = sent(client(signing()), message);
        assertSigned(arrived, message);
        assertThat(arrived.replaceAll("\r\n\t", ""))
                .contains(
                        " h=From:From:Reply-To:Subject:Date:To:To:To:Cc:MIME-Version:Content-Type:Content-Type:"
                                + "Content-Transfer-Encoding:Message-ID:Message-ID:List-Unsubscribe:List-Unsubscribe:Sender:Sender;");
        for (String added : List.of("From", "Reply-To", "Subject", "Date", "To", "Cc", "Content-Type", "Sender")) {
            assertThat(verified(added + ": x@evil.test\r\n" + arrived))
                    .as(added)
                    .extracting(DkimResult::code)
                    .containsExactly(Code.FAIL);
        }
        assertThat(verified("X-Trace: x\r\n" + arrived))
                .extracting(DkimResult::code)
                .containsExactly(Code.PASS);
    }

    @Test
    void ed25519_stands_beside_rsa() {
        SignDkim both = SignDkim.with(key("client.test", "e1", ED25519), key("client.test", "s1", RSA))
                .at(clock);
        String arrived = sent(client(both), MESSAGE);
        assertSigned(arrived, MESSAGE);
        assertThat(verified(arrived)).extracting(DkimResult::algorithm).containsExactly("rsa-sha256", "ed25519-sha256");
    }

    @Test
    void the_proxys_own_field_stays_on_top() {
        Dialogue client =
                clientOf(proxy(ENDPOINT.received(true)).filter(signing())).greets();
        String arrived = sent(client, MESSAGE);
        assertThat(arrived).startsWith("Received: from client.test");
        assertSigned(arrived.substring(arrived.indexOf("DKIM-Signature")), MESSAGE);
        assertThat(verified(arrived)).extracting(DkimResult::code).containsExactly(Code.PASS);
    }

    @ParameterizedTest
    @CsvSource({
        "Alice <a@CLIENT.test>, client.test",
        "a@client.test, client.test",
        "'\"x <y@other.test>\" <a@client.test>', client.test",
        "'(a@other.test (\\() ) a@client.test', client.test",
        "'=?utf-8?q?a=40other.test?= <a@client.test>', client.test",
        "'a@client.test, Bob <b@client.test>', client.test",
        "'Group: a@client.test;', client.test",
        "a@xn--bcher-kva.test, xn--bcher-kva.test",
        "'a@b\u00c3\u00bccher.test', xn--bcher-kva.test",
    })
    void the_key_is_that_of_the_domain_in_from(String from, String domain) {
        SignDkim filter = SignDkim.with(
                        key("other.test", "s1", ForeignSigner.rsa(1024)),
                        key("client.test", "s1", RSA),
                        key("b\u00fccher.test", "s1", RSA))
                .at(clock)
                .anyEnvelope();
        String message = "From: " + from + "\r\n\r\nx\r\n";
        String arrived = sent(client(filter), message);
        assertSigned(arrived, message);
        assertThat(verified(arrived)).extracting(DkimResult::domain).containsExactly(domain);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From: a@other.test\r\n\r\nx\r\n",
                "From: a@sub.client.test\r\n\r\nx\r\n",
                "From: a@xclient.test\r\n\r\nx\r\n",
            })
    void mail_of_other_domains_is_not_signed(String message) {
        assertThat(sent(client(signing().refuseUnsigned()), message)).isEqualTo(message);
        assertThat(verdicts).isEmpty();
    }

    @Test
    void mail_of_domains_below_is_signed_if_that_is_wanted() {
        SignDkim filter = signing().subdomains().anyEnvelope();
        String message = "From: a@x.sub.client.test\r\n\r\nx\r\n";
        String arrived = sent(client(filter), message);
        assertSigned(arrived, message);
        assertThat(verified(arrived)).extracting(DkimResult::domain).containsExactly("client.test");
    }

    @Test
    void mail_of_clients_that_are_not_trusted_is_not_signed() {
        assertThat(sent(client(signing().clients(Clients.none()).refuseUnsigned()), MESSAGE))
                .isEqualTo(MESSAGE);
        assertThat(verdicts).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "'To: b@dest.test\r\n\r\nx\r\n', From does not name one domain",
        "'From: a@client.test\r\nFrom: a@client.test\r\n\r\nx\r\n', From does not name one domain",
        "'From: a@client.test, b@other.test\r\n\r\nx\r\n', From does not name one domain",
        "'From: a@client.test <a@client.test\r\n\r\nx\r\n', From does not name one domain",
        "'From: <a@client.test> evil\r\n\r\nx\r\n', From does not name one domain",
        "'From: <@other.test:a@client.test>\r\n\r\nx\r\n', From does not name one domain",
        "'From: a@client.test\r\nno field\r\n\r\nx\r\n', 'the header section has a line that is no field, or a bare line end'",
    })
    void what_cannot_be_signed_goes_on_unsigned_or_is_refused(String message, String why) {
        try (CapturedLog log = new CapturedLog(SignDkim.class)) {
            assertThat(sent(client(signing()), message)).isEqualTo(message);
            assertThat(log.lines()).singleElement().asString().endsWith(": not signed: " + why);
            assertThat(verdicts).extracting(Verdict::rule).containsExactly("unsigned: " + why);
            Dialogue client = client(signing().refuseUnsigned());
            client.envelope()
                    .says("DATA")
                    .hears("354")
                    .sends(message + ".\r\n")
                    .hears("550 5.7.1 Message cannot be signed: " + why + " (");
            assertThat(verdicts).last().extracting(Verdict::decision).isEqualTo(Verdict.Decision.REFUSE);
        }
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void the_envelope_must_be_of_the_domain_unless_told_otherwise() {
        String message = "From: a@client.test\r\n\r\nx\r\n";
        try (CapturedLog log = new CapturedLog(SignDkim.class)) {
            Dialogue client = client(signing().refuseUnsigned());
            client.says("MAIL FROM:<a@other.test>")
                    .hears("250")
                    .says("RCPT TO:<b@dest.test>")
                    .hears("250");
            client.says("DATA")
                    .hears("354")
                    .sends(message + ".\r\n")
                    .hears("550 5.7.1 Message cannot be signed: the envelope's");
            client.says("MAIL FROM:<>")
                    .hears("250")
                    .says("RCPT TO:<b@dest.test>")
                    .hears("250");
            client.says("DATA").hears("354").sends(message + ".\r\n").hears("250");
            assertThat(log.lines()).hasSize(1);
        }
        Dialogue told = client(signing().anyEnvelope());
        told.says("MAIL FROM:<a@other.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        told.says("DATA").hears("354").sends(message + ".\r\n").hears("250");
        assertThat(destination.messages()).hasSize(2).allSatisfy(arrived -> assertSigned(arrived, message));
    }

    @Test
    void signatures_expire_if_that_is_wanted() {
        String arrived = sent(client(signing().expiresAfter(Duration.ofDays(7))), MESSAGE);
        assertThat(arrived.replace("\r\n\t", " ")).contains("t=1767225600; x=1767830400; h=");
        clock.pass(Duration.ofDays(7));
        assertSigned(arrived, MESSAGE);
        clock.pass(Duration.ofSeconds(1));
        assertThat(verified(arrived)).extracting(DkimResult::code).containsExactly(Code.POLICY);
    }

    @Test
    void who_has_logged_in_may_have_a_key_of_his_own() {
        SignDkim filter = signing().forUser("bulk", key("bulk.test", "b1", RSA));
        SmtpProxy proxy =
                started(proxy(ENDPOINT.authenticate((user, password) -> true).plaintextAuthentication(true))
                        .filter(filter));
        for (String user : List.of("bulk", "alice")) {
            Dialogue client = clientOf(proxy).greets();
            String login =
                    Base64.getEncoder().encodeToString(("\0" + user + "\0x").getBytes(StandardCharsets.US_ASCII));
            client.says("AUTH PLAIN " + login).hears("235").envelope();
            client.says("DATA")
                    .hears("354")
                    .sends(MESSAGE + ".\r\n")
                    .hears("250")
                    .says("QUIT")
                    .hears("221");
        }
        assertThat(destination.messages())
                .allSatisfy(arrived -> assertSigned(arrived, MESSAGE))
                .flatExtracting(this::verified)
                .extracting(DkimResult::domain)
                .containsExactly("bulk.test", "client.test");
    }

    @Test
    void a_function_may_choose_the_keys() {
        DkimKey chosen = key("third.test", "t1", RSA);
        SignDkim filter = SignDkim.by((message, transaction) ->
                        message.headers().first("Subject").isPresent() ? List.of(chosen) : List.of())
                .at(clock);
        String arrived = sent(client(filter), MESSAGE);
        assertSigned(arrived, MESSAGE);
        assertThat(verified(arrived)).extracting(DkimResult::domain).containsExactly("third.test");
        String other = "From: a@client.test\r\n\r\nx\r\n";
        Dialogue client = client(filter);
        client.envelope().says("DATA").hears("354").sends(other + ".\r\n").hears("250");
        assertThat(destination.messages().get(1)).isEqualTo(other);
    }

    @Test
    void a_function_that_chooses_ed25519_alone_has_failed() {
        DkimKey chosen = key("client.test", "e1", ED25519);
        try (CapturedLog log = new CapturedLog()) {
            client(SignDkim.by((message, transaction) -> List.of(chosen)))
                    .envelope()
                    .says("DATA")
                    .hears("354")
                    .sends(MESSAGE + ".\r\n")
                    .hears("451 4.3.0");
            assertThat(log.traces()).hasSize(1);
        }
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "'x', x",
        "'', ''",
        "'\r\n\r\n', ''",
        "'x\r\n\r\n\r\n', x",
        "'x  ', x",
        "' \t \r\n', ''",
        "'.\r\n..\r\n', '.\r\n..'",
        "'caf\u00c3\u00a9 \u00ff\r\n', 'caf\u00c3\u00a9 \u00ff'",
    })
    void chunks_are_signed_as_they_are_sent(String body, String canonical) {
        destination.takesChunks();
        Dialogue client = client(signing()).envelope();
        String message = FIELDS + "\r\n" + body;
        int half = FIELDS.length() - 5;
        client.sends("BDAT " + half + "\r\n" + message.substring(0, half)).hears("250");
        client.sends("BDAT " + (message.length() - half) + " LAST\r\n" + message.substring(half))
                .hears("250");
        String arrived = destination.messages().get(0);
        assertThat(arrived).startsWith("DKIM-Signature: v=1;").endsWith("\r\n" + message);
        assertThat(arrived).contains("bh=" + bodyHash(canonical.isEmpty() ? "" : canonical + "\r\n") + ";");
    }

    @Test
    void a_binary_message_is_signed_octet_for_octet() {
        destination.takesChunks();
        Dialogue client = client(signing());
        client.says("MAIL FROM:<a@client.test> BODY=BINARYMIME")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        String message = FIELDS + "\r\n\u0000a\nb\r c\r\r\n";
        client.sends("BDAT " + message.length() + " LAST\r\n" + message).hears("250");
        String arrived = destination.messages().get(0);
        assertThat(arrived).startsWith("DKIM-Signature: v=1;").endsWith("\r\n" + message);
        assertThat(arrived).contains("bh=" + bodyHash("\u0000a\nb\r c\r\r\n") + ";");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bare_line_ends_are_signed_as_they_are_replaced(boolean chunks) {
        destination.takesChunks();
        Dialogue client = clientOf(
                        proxy(ENDPOINT.bareNewlines(BareNewlines.NORMALIZE)).filter(signing()))
                .greets()
                .envelope();
        String message = "From: a@client.test\nTo: b@dest.test\r\n\na\n.b\rc\r\n";
        if (chunks) {
            client.sends("BDAT " + message.length() + " LAST\r\n" + message).hears("250");
        } else {
            client.says("DATA").hears("354").sends(message + ".\r\n").hears("250");
        }
        String whole = "From: a@client.test\r\nTo: b@dest.test\r\n\r\na\r\n" + (chunks ? "" : ".") + ".b\r\nc\r\n";
        assertThat(destination.messages().get(0)).endsWith(whole);
        String body = chunks ? "..b" : "..b";
        assertSigned(
                destination.messages().get(0).replace("\r\n.b", "\r\n" + body), whole.replace("\r\n.b", "\r\n" + body));
    }

    @ParameterizedTest
    @ValueSource(strings = {"From: a@client.test\r\n\r\na\nb\r\n", "From: a@client.test\r\nX: y\nZ: z\r\n\r\nb\r\n"})
    void bare_line_ends_that_pass_are_not_signed(String message) {
        try (CapturedLog log = new CapturedLog(SignDkim.class)) {
            Dialogue client = clientOf(
                            proxy(ENDPOINT.bareNewlines(BareNewlines.PASS)).filter(signing()))
                    .greets();
            assertThat(sent(client, message)).isEqualTo(message);
            assertThat(log.lines()).singleElement().asString().contains("bare line end");
        }
    }

    @Test
    void a_message_that_is_too_large_to_be_kept_is_not_signed() {
        String message = FIELDS + "\r\n" + ("x".repeat(78) + "\r\n").repeat(100);
        try (CapturedLog log = new CapturedLog(SignDkim.class)) {
            SmtpProxy proxy = started(proxy(ENDPOINT.spool(1_000, 7_000)).filter(signing()));
            assertThat(sent(clientOf(proxy).greets(), message)).isEqualTo(message);
            assertThat(log.lines()).singleElement().asString().endsWith("the message is too large to be kept");
        }
    }

    @Test
    void a_flood_of_fields_is_not_signed() {
        String message = "To: b@dest.test\r\n".repeat(600) + "From: a@client.test\r\n\r\nx\r\n";
        try (CapturedLog log = new CapturedLog(SignDkim.class)) {
            assertThat(sent(client(signing()), message)).isEqualTo(message);
            assertThat(log.lines()).singleElement().asString().contains("too many fields");
        }
    }

    @Test
    void what_filters_before_it_changed_is_signed() {
        Filter footer = ContentFilters.changing(m -> m.withContent(() -> new java.io.SequenceInputStream(
                m.content().open(),
                new java.io.ByteArrayInputStream("-- \r\nfooter".getBytes(StandardCharsets.US_ASCII)))));
        String arrived = sent(
                client(ChangeHeaders.replace("Subject", "changed"), footer, LimitSize.to(1_000_000), signing()),
                MESSAGE);
        assertThat(arrived).contains("Subject: changed\r\n").endsWith("\r\n\r\n\r\n-- \r\nfooter\r\n");
        assertThat(verified(arrived)).extracting(DkimResult::code).containsExactly(Code.PASS);
    }

    @Test
    void keys_that_the_dns_lacks_are_told_at_once() {
        DkimKey rsa = key("client.test", "s1", RSA);
        DkimKey ed = key("client.test", "e1", ED25519);
        SignDkim filter = SignDkim.with(rsa, ed).forUser("bulk", rsa);
        assertThat(filter.verifyDns(dns.resolver())).isSameAs(filter);
        dns.has(
                rsa.recordName(),
                DkimKey.of("x.test", "x", ForeignSigner.rsa(1024).getPrivate()).record());
        dns.has(ed.recordName(), "v=DKIM1; k=ed25519; p=");
        assertThatIllegalStateException()
                .isThrownBy(() -> filter.verifyDns(dns.resolver()))
                .withMessage("DKIM keys are not published: s1._domainkey.client.test: the DNS has another key; "
                        + "e1._domainkey.client.test: in the DNS: key is revoked");
        SignDkim other = SignDkim.with(DkimKey.of("none.test", "s1", RSA.getPrivate()));
        assertThatIllegalStateException()
                .isThrownBy(() -> other.verifyDns(dns.resolver()))
                .withMessageContaining("s1._domainkey.none.test: there is no key in the DNS");
        dns.fails("TXT s1._domainkey.none.test", ScriptedDns.Fault.SERVER_FAILURE);
        assertThatIllegalStateException()
                .isThrownBy(() -> other.verifyDns(dns.resolver()))
                .withMessageContaining("s1._domainkey.none.test: the DNS did not answer");
    }

    @Test
    void a_name_with_two_keys_in_the_dns_is_told_too() {
        DkimKey rsa = key("client.test", "s1", RSA);
        dns.has(rsa.recordName(), rsa.record(), "v=DKIM1; p=");
        assertThatIllegalStateException()
                .isThrownBy(() -> SignDkim.with(rsa).verifyDns(dns.resolver()))
                .withMessageContaining("the DNS has 2 records");
    }

    @Test
    void keys_that_a_function_chooses_cannot_be_asked_for() {
        SignDkim filter = SignDkim.by((message, transaction) -> List.of());
        assertThatIllegalStateException()
                .isThrownBy(() -> filter.verifyDns(dns.resolver()))
                .withMessageContaining("cannot be asked for");
    }

    @Test
    void what_a_function_does_not_choose_to_sign_is_not_refused() {
        SignDkim filter = SignDkim.by((message, transaction) -> List.of()).refuseUnsigned();
        String message = "Subject: nobody\r\n\r\nx\r\n";
        assertThat(sent(client(filter), message)).isEqualTo(message);
    }

    @Test
    void keys_that_do_not_go_together_are_refused() {
        DkimKey rsa = key("client.test", "s1", RSA);
        DkimKey ed = key("client.test", "e1", ED25519);
        assertThatIllegalArgumentException().isThrownBy(SignDkim::with).withMessageContaining("at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignDkim.with(ed))
                .withMessage("e1._domainkey.client.test is an Ed25519 key, which not all verifiers know: "
                        + "there must be an RSA key beside it");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignDkim.with(key("other.test", "s1", RSA), ed))
                .withMessageContaining("Ed25519");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignDkim.with(rsa, rsa))
                .withMessageContaining("s1._domainkey.client.test is there twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignDkim.with(rsa).expiresAfter(Duration.ofMinutes(59)))
                .withMessageContaining("PT59M");
    }
}
