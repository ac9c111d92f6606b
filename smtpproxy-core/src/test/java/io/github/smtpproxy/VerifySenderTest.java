package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.dmarc.Policy;
import io.github.smtpproxy.filters.sender.VerifiedSender;
import io.github.smtpproxy.filters.sender.VerifySender;
import io.github.smtpproxy.filters.spf.SpfResult;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.testing.ScriptedDns;
import io.github.smtpproxy.testing.ScriptedDns.Fault;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of mail whose sender is verified. */
@Timeout(60)
class VerifySenderTest extends ProxyTest {

    private static final String BODY = "\r\nhello\r\n";

    private final ScriptedDns dns = ScriptedDns.start();
    private final List<Verdict> verdicts = new CopyOnWriteArrayList<>();
    private final List<Refusal> observed = new CopyOnWriteArrayList<>();

    @BeforeEach
    void prepare() {
        destination.takesChunks();
        dns.has("good.test", "v=spf1 ip4:203.0.113.9 -all")
                .has("bank.test", "v=spf1 -all")
                .has("_dmarc.good.test", "v=DMARC1; p=reject")
                .has("_dmarc.bank.test", "v=DMARC1; p=reject; sp=quarantine")
                .has("_dmarc.tested.test", "v=DMARC1; p=reject; t=y")
                .has("_dmarc.careful.test", "v=DMARC1; p=quarantine")
                .has("_dmarc.lax.test", "v=DMARC1; p=none")
                .has("_dmarc.broken.test", "v=DMARC1; p=rejekt");
    }

    @AfterEach
    void close() {
        dns.close();
    }

    private VerifySender filter() {
        return VerifySender.as("mx.test").resolver(dns.resolver());
    }

    private Dialogue client(ContentFilter... filters) {
        SmtpProxyBuilder builder = proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")));
        for (ContentFilter filter : filters) {
            builder.filter(filter);
        }
        return clientOf(builder.listener(new ProxyListener() {
                    @Override
                    public void verdict(io.github.smtpproxy.session.Session session, Verdict verdict) {
                        verdicts.add(verdict);
                    }

                    @Override
                    public void observed(io.github.smtpproxy.session.Session session, Refusal refusal) {
                        observed.add(refusal);
                    }
                }))
                .greets();
    }

    private static Dialogue from(Dialogue client, String xclient, String sender) {
        return client.says("XCLIENT " + xclient)
                .hears("220")
                .says("EHLO good.test")
                .hears("250")
                .says("MAIL FROM:<" + sender + ">")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
    }

    private static Dialogue from(Dialogue client, String sender) {
        return from(client, "ADDR=203.0.113.9", sender);
    }

    private static Dialogue send(Dialogue client, boolean chunks, String message) {
        return chunks
                ? client.sends("BDAT " + message.length() + " LAST\r\n" + message)
                : client.says("DATA").hears("354").sends(message + ".\r\n");
    }

    private String delivered() {
        assertThat(destination.messages()).hasSize(1);
        return destination.messages().get(0);
    }

    /** Signed for a domain with Ed25519 (RFC 8463), simple/simple. */
    private String signed(String domain, String from) {
        try {
            KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            byte[] encoded = keys.getPublic().getEncoded();
            dns.has(
                    "s._domainkey." + domain,
                    "v=DKIM1; k=ed25519; p="
                            + base64(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)));
            String header = "From: " + from + "\r\n";
            String unsigned = "DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple; d=" + domain
                    + "; s=s; h=from; bh=" + base64(sha256(BODY.substring(2))) + "; b=";
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(keys.getPrivate());
            signature.update(sha256(header + unsigned));
            return unsigned + base64(signature.sign()) + "\r\n" + header + BODY;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] sha256(String text) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_results_are_on_top_of_the_message(boolean chunks) {
        Dialogue client = from(client(filter()), "a@good.test");
        send(client, chunks, "From: a@good.test\r\n" + BODY).hears("250");
        assertThat(delivered())
                .isEqualTo("Authentication-Results: mx.test; spf=pass smtp.mailfrom=good.test; dkim=none; "
                        + "dmarc=pass header.from=good.test policy.dmarc=reject\r\nFrom: a@good.test\r\n" + BODY);
        assertThat(verdicts)
                .singleElement()
                .satisfies(v -> assertThat(v.decision()).isEqualTo(Verdict.Decision.PASS))
                .satisfies(v -> assertThat(v.rule()).isEqualTo("spf=pass dkim=none dmarc=pass policy=reject"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_report_refuses_nothing_and_tells_what_would_be_refused(boolean chunks) {
        Dialogue client = from(client(filter()), "a@good.test");
        send(client, chunks, "From: a@bank.test\r\n" + BODY).hears("250");
        assertThat(delivered()).contains("; dmarc=fail header.from=bank.test policy.dmarc=reject\r\n");
        assertThat(verdicts).extracting(Verdict::decision).containsExactly(Verdict.Decision.REFUSE);
        assertThat(observed)
                .singleElement()
                .satisfies(r -> assertThat(r.reply().toString()).contains("550", "5.7.26"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_its_author_has_not_sent_is_refused_and_not_delivered(boolean chunks) {
        Dialogue client = from(client(filter().enforce()), "a@good.test");
        send(client, chunks, "From: a@bank.test\r\n" + BODY)
                .hears("550 5.7.26 Message is not authenticated as from bank.test, whose DMARC policy is reject (s");
        assertThat(destination.messages()).isEmpty();
        assertThat(verdicts).extracting(Verdict::decision).containsExactly(Verdict.Decision.REFUSE);
        assertThat(observed).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_signature_of_the_author_is_enough(boolean chunks) {
        Dialogue client = from(client(filter().enforce()), "a@other.test");
        String message = signed("bank.test", "Bank <a@bank.test>");
        send(client, chunks, message).hears("250");
        assertThat(delivered())
                .startsWith("Authentication-Results: mx.test; spf=none smtp.mailfrom=other.test; "
                        + "dkim=pass header.d=bank.test header.s=s header.a=ed25519-sha256 header.b=")
                .contains("; dmarc=pass header.from=bank.test policy.dmarc=reject\r\nDKIM-Signature:")
                .endsWith(message);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void a_signature_of_a_message_that_was_changed_or_of_a_stranger_is_not(boolean stranger) {
        Dialogue client = from(client(filter().enforce()), "a@good.test");
        String message = stranger
                ? signed("evil.test", "a@bank.test")
                : signed("bank.test", "a@bank.test").replace("hello", "hullo");
        send(client, false, message).hears("550 5.7.26");
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void of_a_message_that_is_too_large_to_be_kept_no_signature_counts(boolean chunks) {
        Dialogue client = clientOf(proxy(ENDPOINT.spool(1_000, 7_000).xclientFrom(AddressRange.parse("127.0.0.1")))
                        .filter(filter()))
                .greets();
        String message = signed("bank.test", "a@bank.test") + ("x".repeat(78) + "\r\n").repeat(100);
        send(from(client, "a@good.test"), chunks, message).hears("250");
        assertThat(destination.messages()).singleElement().asString().contains("dkim=policy", "dmarc=fail");
    }

    /** The name of a signer is cut in its result, where it must not look like another one. */
    @Test
    void the_start_of_a_signers_name_is_no_name() {
        String start = "a".repeat(60) + "." + "b".repeat(60) + "." + "c".repeat(60) + "." + "d".repeat(7);
        String domain = start + ".bank.test.evil.test";
        assertThat(domain.substring(0, 200)).endsWith(".bank.test");
        Dialogue client = from(client(filter().enforce()), "a@good.test");
        send(client, false, signed(domain, "a@bank.test")).hears("550 5.7.26");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a@bank.test|250|none",
                "a@sub.bank.test|250|quarantine",
                "a@careful.test|250|quarantine",
                "a@tested.test|250|quarantine",
                "a@lax.test|250|none",
                "a@nothing.test|250|none",
                "a@broken.test|250|none",
            })
    void a_policy_that_is_milder_refuses_nothing(String author, String reply, String policy) {
        dns.has("bank.test", "v=spf1 ip4:203.0.113.9 -all");
        Dialogue client = from(client(filter().enforce()), author.contains("@bank") ? author : "x@good.test");
        send(client, false, "X-Quarantine: forged\r\nFrom: " + author + "\r\n" + BODY)
                .hears(reply);
        String domain = author.substring(2);
        if (policy.equals("quarantine")) {
            assertThat(delivered()).contains("\r\nX-Quarantine: DMARC policy of " + domain + "\r\nFrom:");
        } else {
            assertThat(delivered()).doesNotContain("X-Quarantine");
        }
        assertThat(delivered()).doesNotContain("forged");
    }

    @Test
    void quarantine_may_be_another_destination() {
        ScriptedDestination other = anotherDestination();
        Dialogue client = from(client(filter().enforce().quarantineTo(other.destination())), "a@good.test");
        send(client, false, "From: a@careful.test\r\n" + BODY).hears("250");
        assertThat(destination.messages()).isEmpty();
        assertThat(other.messages()).singleElement().asString().contains("X-Quarantine: DMARC policy of careful.test");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Subject: none",
                "From: \"a@bank.test\"",
                "From: =?utf-8?q?a=40bank.test?=",
                "From: (a@bank.test",
                "From: a@good.test, a@[203.0.113.9]",
            })
    void a_message_without_an_author_that_can_be_told_is_refused(String field) {
        Dialogue client = from(client(filter().enforce()), "a@good.test");
        send(client, false, field + "\r\n" + BODY).hears("550 5.7.1 Author cannot be verified (DMARC): ");
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From: a@good.test\r\nFrom: a@bank.test",
                "From: a@bank.test\r\nFROM : a@good.test",
                "From: a@bank.test <a@good.test>",
                "From: a@good.test,\r\n a@bank.test",
                "From: x:a@good.test;, y: a@bank.test;",
                "From: a@good.test (x) , (y) a@(z)BANK.test.",
                "From: a@good.test\r\nFrom: \"x\"\r\n\t<a@bank.test>",
            })
    void a_second_author_does_not_hide_behind_the_first(String fields) {
        Dialogue client = from(client(filter().enforce()), "a@good.test");
        send(client, false, fields + "\r\n" + BODY).hears("550 5.7.26 Message is not authenticated as from bank.test,");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void fields_that_claim_to_be_ours_are_removed() {
        String[] forged = {
            "mx.test; spf=pass",
            "MX.Test; spf=pass",
            "mx.test;spf=pass",
            "mx.test",
            "mx.test 1; spf=pass",
            "mx.test. ; spf=pass",
            "(a comment) mx.test (another) 1 ; spf=pass",
            "(nested (mx.other \\) ) ) mx.test; spf=pass",
            "\"mx.test\"; spf=pass",
            "\"m\\x.test\"; spf=pass",
            "\" mx.test\" ; spf=pass",
            "\r\n\tmx.test; spf=pass",
            "\r\n (x\r\n y)\r\n mx.test; spf=pass",
            "mx.test/1; spf=pass",
            "mx.test,x; spf=pass",
            "mx.test spf=pass",
            "mx\\.test; spf=pass",
            "mx.test\u0001; spf=pass",
            "mx.test\u00a0; spf=pass",
            "(unclosed mx.test; spf=pass",
            "\"mx.test; spf=pass",
            "spf=pass smtp.mailfrom=x",
            "; spf=pass",
            "(" + "x".repeat(9_000) + ") mx.test; spf=pass",
            "x".repeat(5_000) + "; spf=pass",
        };
        String[] others = {
            "other.test; spf=pass (mx.test) mx.test",
            "sub.mx.test; x=pass",
            "amx.test; x=pass",
            "(mx.test) other.test; x=pass",
            "\"other test\" 1; x=pass",
            "other.test; x=pass (\u00e9"
        };
        StringBuilder header = new StringBuilder();
        Stream.of(forged)
                .forEach(
                        v -> header.append("Authentication-results: ").append(v).append("\r\n"));
        Stream.of(others)
                .forEach(
                        v -> header.append("Authentication-Results: ").append(v).append("\r\n"));
        header.append("Authentication-Results : mx.test; spf=pass\r\n");
        Dialogue client = from(client(filter()), "a@bank.test");
        send(client, false, header + "From: a@bank.test\r\n" + BODY).hears("250");
        StringBuilder kept = new StringBuilder();
        Stream.of(others)
                .forEach(v -> kept.append("Authentication-Results: ").append(v).append("\r\n"));
        assertThat(delivered())
                .isEqualTo("Authentication-Results: mx.test; spf=fail smtp.mailfrom=bank.test; dkim=none; dmarc=fail "
                        + "header.from=bank.test policy.dmarc=reject\r\n" + kept + "From: a@bank.test\r\n" + BODY);
    }

    @Test
    void trouble_with_the_dns_refuses_nothing() {
        dns.fails("TXT _dmarc.bank.test", Fault.SERVER_FAILURE).fails("TXT bank.test", Fault.SERVER_FAILURE);
        Dialogue client = from(client(filter().enforce()), "a@bank.test");
        send(client, false, "From: a@bank.test\r\n" + BODY).hears("250");
        assertThat(delivered())
                .contains("; spf=temperror reason=\"the DNS does not answer\" smtp.mailfrom=bank.test; dkim=none; "
                        + "dmarc=temperror reason=\"the DNS does not answer\" header.from=bank.test\r\n");
    }

    @ParameterizedTest
    @CsvSource({"TXT bank.test, 451 4.7.1", "TXT _dmarc.bank.test, 451 4.7.1", "TXT _dmarc.other.test, 550 5.7.26"})
    void trouble_with_the_dns_may_defer(String question, String reply) {
        dns.fails(question, Fault.SERVER_FAILURE);
        Dialogue client = from(client(filter().enforce().whenDown(WhenDown.DEFER)), "a@bank.test");
        send(client, false, "From: a@bank.test\r\n" + BODY).hears(reply);
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void spf_that_nobody_knows_is_no_fail_where_it_might_have_been_aligned() {
        dns.fails("TXT bank.test", Fault.SERVER_FAILURE);
        Dialogue client = from(client(filter().enforce()), "a@bank.test");
        send(client, false, "From: a@bank.test\r\n" + BODY).hears("250");
        assertThat(delivered()).contains("dmarc=temperror");
    }

    @Test
    void a_client_that_nobody_knows_is_not_refused() {
        Dialogue client = from(client(filter().enforce()), "ADDR=[UNAVAILABLE]", "a@bank.test");
        send(client, false, "From: a@bank.test\r\n" + BODY).hears("250");
        assertThat(delivered()).contains("; spf=temperror reason=\"the client's address is not known\"");
    }

    @Test
    void a_forwarder_is_reported_on_and_not_refused() {
        VerifySender filter = filter().enforce().forwarders(Clients.in(List.of(AddressRange.parse("203.0.113.0/24"))));
        Dialogue client = from(client(filter), "a@good.test");
        send(client, false, "From: a@bank.test\r\n" + BODY).hears("250");
        assertThat(delivered()).contains("; dmarc=fail header.from=bank.test policy.dmarc=reject\r\n");
        assertThat(verdicts).singleElement().satisfies(v -> assertThat(v.rule()).endsWith(" forwarder"));
        assertThat(observed).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"ADDR=10.0.0.1, true", "ADDR=203.0.113.9 LOGIN=alice, false"})
    void exempt_clients_are_not_looked_at_and_only_servers_of_ours_keep_their_fields(String xclient, boolean kept) {
        Dialogue client = from(client(filter().enforce()), xclient, "a@bank.test");
        String old = "Authentication-Results: mx.test; spf=pass\r\n";
        send(client, false, old + "From: a@bank.test\r\n" + BODY).hears("250");
        assertThat(delivered()).isEqualTo((kept ? old : "") + "From: a@bank.test\r\n" + BODY);
        assertThat(dns.asked()).isEmpty();
        assertThat(verdicts).isEmpty();
    }

    @Test
    void the_null_sender_stands_for_the_hello_name() {
        Dialogue client = from(client(filter().enforce()), "");
        send(client, false, "From: postmaster@good.test\r\n" + BODY).hears("250");
        assertThat(delivered()).contains("; spf=pass smtp.helo=good.test; dkim=none; dmarc=pass header.from=good.test");
    }

    @Test
    void many_results_are_several_fields_of_lines_that_are_not_too_long() {
        String label = "d".repeat(60);
        StringBuilder signatures = new StringBuilder();
        IntStream.range(0, 30)
                .forEach(i -> signatures
                        .append("DKIM-Signature: v=1; a=rsa-sha256; d=" + label + "." + label + "." + i + ".test; s="
                                + label)
                        .append("; h=from; bh=eA==; b=eA==\r\n"));
        Dialogue client = from(client(filter()), "a@good.test");
        send(client, false, signatures + "From: a@good.test\r\n" + BODY).hears("250");
        String added = delivered().substring(0, delivered().indexOf("DKIM-Signature:"));
        assertThat(added.split("\r\n"))
                .hasSizeBetween(2, 10)
                .allSatisfy(line -> assertThat(line)
                        .startsWith("Authentication-Results: mx.test; ")
                        .hasSizeLessThan(998));
        assertThat(added).contains("spf=pass").endsWith("dmarc=pass header.from=good.test policy.dmarc=reject\r\n");
    }

    @Test
    void nothing_of_a_client_gets_out_of_its_place() {
        Dialogue client = client(filter());
        client.says("XCLIENT ADDR=203.0.113.9").hears("220");
        client.says("EHLO \"; dmarc=pass " + "x".repeat(200)).hears("250");
        client.says("MAIL FROM:<>").hears("250").says("RCPT TO:<b@dest.test>").hears("250");
        send(client, false, "DKIM-Signature: v=1; d=\"; dmarc=pass; s=a b\r\nFrom: a@lax.test\r\n" + BODY)
                .hears("250");
        String added = delivered().substring(0, delivered().indexOf("DKIM-Signature:"));
        assertThat(added.replaceAll("\"[^\"]*\"", "Q"))
                .matches("Authentication-Results: mx.test; spf=none reason=Q; dkim=[a-z]+( reason=Q)?"
                        + "( header\\.[a-z]+=[!-~]+)*; dmarc=fail header.from=lax.test policy.dmarc=none\r\n");
    }

    @Test
    void other_filters_know_the_results() {
        List<Object> known = new CopyOnWriteArrayList<>();
        ContentFilter reader = new ContentFilter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                next.transaction().attribute(VerifySender.SPF).ifPresent(known::add);
                return next.proceed(rcpt);
            }

            @Override
            public Reply data(Message message, TransactionChain<Message> next) {
                next.transaction().attribute(VerifySender.VERIFIED).ifPresent(known::add);
                return next.proceed(message);
            }
        };
        Dialogue client = from(client(filter(), reader), "a@good.test");
        assertThat(known)
                .singleElement()
                .isInstanceOfSatisfying(
                        SpfResult.class, spf -> assertThat(spf.isPass()).isTrue());
        send(client, false, "From: a@bank.test\r\n" + BODY).hears("250");
        assertThat(known.get(1))
                .isInstanceOfSatisfying(
                        VerifiedSender.class,
                        sender -> assertThat(sender.dmarc().disposition()).isEqualTo(Policy.REJECT));
    }

    @Test
    void spf_is_of_the_sender_that_the_client_named_whatever_a_filter_behind_makes_of_it() {
        ContentFilter rewriter = new ContentFilter() {
            @Override
            public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                return next.proceed(mail.withSender(Mailbox.of("srs@bank.test")));
            }

            @Override
            public Reply data(Message message, TransactionChain<Message> next) {
                return next.proceed(message);
            }
        };
        Dialogue client = from(client(filter(), rewriter), "a@good.test");
        send(client, false, "From: a@good.test\r\n" + BODY).hears("250");
        assertThat(delivered()).contains("; spf=pass smtp.mailfrom=good.test;");
    }

    @Test
    void each_transaction_has_results_of_its_own() {
        Dialogue client = from(client(filter()), "a@good.test");
        send(client, false, "From: a@good.test\r\n" + BODY).hears("250");
        client.says("MAIL FROM:<a@bank.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        send(client, false, "From: a@good.test\r\n" + BODY).hears("250");
        assertThat(destination.messages().get(1)).contains("; spf=fail smtp.mailfrom=bank.test;", "; dmarc=fail ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "mx test", "mx.test.", "mx;test", "[203.0.113.1]", "203.0.113.1", "a\r\nb", "m\u00fc.test"})
    void what_is_no_name_is_an_error(String id) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VerifySender.as(id))
                .withMessageStartingWith("authservId must be a host name");
    }
}
