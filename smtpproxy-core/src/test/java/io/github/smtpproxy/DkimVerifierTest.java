package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filters.dkim.DkimResult;
import io.github.smtpproxy.filters.dkim.DkimResult.Code;
import io.github.smtpproxy.filters.dkim.DkimVerifier;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.testing.ForeignSigner;
import io.github.smtpproxy.testing.ScriptedDns;
import io.github.smtpproxy.testing.SetClock;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Good signatures pass, each bad one fails for its reason. */
@Timeout(120)
class DkimVerifierTest {

    private static final KeyPair RSA = ForeignSigner.rsa(2048);
    private static final KeyPair OTHER = ForeignSigner.rsa(2048);
    private static final KeyPair SHORT = ForeignSigner.rsa(768);
    private static final KeyPair ED25519 = ForeignSigner.ed25519();
    private static final String KEY = "TXT s._domainkey.example.org";
    private static final String NAME = "s._domainkey.example.org";
    private static final String SECTION = "From: Alice <alice@example.org>\r\nTo: bob@dest.test\r\n"
            + "Subject: a  folded\r\n\tsubject \r\nX-Other: x\r\n";
    private static final String MESSAGE = SECTION + "\r\nHello  Bob, \r\n\r\n.dot\r\n\r\n\r\n";

    private final ScriptedDns dns = ScriptedDns.start().has(NAME, record(RSA));
    private final SetClock clock = new SetClock();

    @AfterEach
    void close() throws Exception {
        dns.close();
    }

    private static String record(KeyPair keys) {
        String kind = keys.getPublic().getAlgorithm().equals("RSA") ? "rsa" : "ed25519";
        return "v=DKIM1; k=" + kind + "; p=" + ForeignSigner.published(keys);
    }

    private static Message message(String text) {
        int end = text.indexOf("\r\n\r\n") + 2;
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        return Message.of(
                Headers.parse(Arrays.copyOf(octets, end)),
                Content.of(Arrays.copyOfRange(octets, end + 2, octets.length)));
    }

    private List<DkimResult> verified(String text) {
        return DkimVerifier.with(dns.resolver().within(Duration.ofSeconds(20)))
                .at(clock)
                .verify(message(text));
    }

    private DkimResult one(String text) {
        List<DkimResult> results = verified(text);
        assertThat(results).hasSize(1);
        return results.get(0);
    }

    private static String signed(UnaryOperator<Map<String, String>> tags) {
        return ForeignSigner.sign(RSA.getPrivate(), tags.apply(ForeignSigner.tags("example.org", "s")), MESSAGE);
    }

    private static UnaryOperator<Map<String, String>> tag(String name, String value) {
        return tags -> {
            tags.put(name, value);
            return tags;
        };
    }

    private static UnaryOperator<Map<String, String>> without(String name) {
        return tags -> {
            tags.remove(name);
            return tags;
        };
    }

    /**
     * A signature, and what it comes to.
     *
     * @param tags changed before it is signed
     * @param text changed after it was signed
     * @param world what the DNS has
     */
    private record Row(
            String name,
            Code code,
            String reason,
            UnaryOperator<Map<String, String>> tags,
            UnaryOperator<String> text,
            Consumer<ScriptedDns> world) {

        @Override
        public String toString() {
            return name + ": " + code;
        }
    }

    private static Row signedWith(String tag, String value, Code code, String reason) {
        return new Row(tag + "=" + value, code, reason, tag(tag, value), UnaryOperator.identity(), dns -> {});
    }

    private static Row lacking(String tag) {
        return new Row("no " + tag, Code.NEUTRAL, "no " + tag + "=", without(tag), UnaryOperator.identity(), dns -> {});
    }

    private static Row changed(String what, String by, Code code, String reason) {
        UnaryOperator<String> change = text -> {
            assertThat(text).contains(what);
            return text.replace(what, by);
        };
        return new Row(what.strip() + " to " + by.strip(), code, reason, UnaryOperator.identity(), change, dns -> {});
    }

    private static Row published(String record, Code code, String reason) {
        return published(List.of(record), code, reason);
    }

    private static Row published(List<String> records, Code code, String reason) {
        String name = records.toString();
        return new Row(
                "DNS has " + name.substring(0, Math.min(60, name.length())),
                code,
                reason,
                UnaryOperator.identity(),
                UnaryOperator.identity(),
                dns -> dns.has(NAME, records.toArray(String[]::new)));
    }

    static Stream<Row> fields() {
        return Stream.of(
                lacking("v"),
                lacking("a"),
                lacking("b"),
                lacking("bh"),
                lacking("d"),
                lacking("s"),
                lacking("h"),
                signedWith("v", "2", Code.NEUTRAL, "version"),
                signedWith("v", "", Code.NEUTRAL, "no v="),
                signedWith("a", "rsa-sha1", Code.PERMERROR, "rsa-sha1"),
                signedWith("a", "rsa-sha512", Code.NEUTRAL, "algorithm"),
                signedWith("a", "ed25519-sha256", Code.PERMERROR, "key of another kind"),
                signedWith("c", "nowsp", Code.NEUTRAL, "canonicalization"),
                signedWith("c", "relaxed/relaxed/relaxed", Code.NEUTRAL, "canonicalization"),
                signedWith("d", "example..org", Code.NEUTRAL, "d= is no domain"),
                signedWith("d", "[127.0.0.1]", Code.NEUTRAL, "d= is no domain"),
                signedWith("d", "example.org\r\n\tevil.test", Code.NEUTRAL, "d= is no domain"),
                signedWith("d", "a".repeat(60) + ".b".repeat(95), Code.NEUTRAL, "d= and s="),
                signedWith("s", "../x", Code.NEUTRAL, "s= is no selector"),
                signedWith("s", "y", Code.PERMERROR, "no key"),
                signedWith("h", "To:Subject", Code.PERMERROR, "From is not signed"),
                signedWith("h", "From::To", Code.NEUTRAL, "empty name"),
                signedWith("h", "From:", Code.NEUTRAL, "empty name"),
                signedWith("bh", "AAAA", Code.NEUTRAL, "bh= is no SHA-256"),
                signedWith("bh", "*", Code.NEUTRAL, "bh= is not Base64"),
                signedWith("b", "*", Code.NEUTRAL, "b= is not Base64"),
                signedWith("b", "AAAA", Code.FAIL, "signature does not match"),
                signedWith("i", "alice@example.net", Code.PERMERROR, "i= is not within d="),
                signedWith("i", "alice@notexample.org", Code.PERMERROR, "i= is not within d="),
                signedWith("i", "example.org", Code.PERMERROR, "i= is not within d="),
                signedWith("i", "", Code.PERMERROR, "i= is not within d="),
                signedWith("l", "-1", Code.NEUTRAL, "l= is no number"),
                signedWith("l", "9".repeat(77), Code.NEUTRAL, "l= is no number"),
                signedWith("l", "9".repeat(76), Code.FAIL, "body is shorter than l="),
                signedWith("l", "0", Code.POLICY, "l= covers 0 of 20 octets"),
                signedWith("l", "19", Code.POLICY, "l= covers 19 of 20 octets"),
                signedWith("l", "21", Code.FAIL, "body is shorter than l="),
                signedWith("t", "soon", Code.NEUTRAL, "t= is no number"),
                signedWith("t", "1767226500", Code.POLICY, "future"),
                signedWith("x", "1767225599", Code.POLICY, "expired"),
                signedWith("x", "1e9", Code.NEUTRAL, "x= is no number"),
                signedWith("q", "http", Code.NEUTRAL, "query method"),
                signedWith("1z", "a", Code.NEUTRAL, "invalid name"),
                signedWith("z", "a\u0007b", Code.NEUTRAL, "control character"),
                new Row(
                        "x= before t=",
                        Code.NEUTRAL,
                        "x= is not behind t=",
                        tag("t", "1767225600").andThen(tag("x", "1767225600"))::apply,
                        UnaryOperator.identity(),
                        dns -> {}));
    }

    static Stream<Row> changes() {
        return Stream.of(
                changed("Bob,", "Bob!", Code.FAIL, "body hash does not match"),
                changed("\r\n.dot", "\r\n..dot", Code.FAIL, "body hash does not match"),
                changed("\r\n\r\n.dot", "\r\n.dot", Code.FAIL, "body hash does not match"),
                changed("To: bob", "To: rob", Code.FAIL, "signature does not match"),
                changed("To: bob@dest.test\r\n", "", Code.FAIL, "signature does not match"),
                changed("X-Other: x", "From: mallory@evil.test", Code.FAIL, "signature does not match"),
                changed("v=1;", "v=1; v=1;", Code.NEUTRAL, "tag v twice"),
                changed("v=1;", "v=1;;", Code.NEUTRAL, "tag without ="),
                changed("v=1;", "v=1; x;", Code.NEUTRAL, "tag without ="),
                changed("v=1;", ";", Code.NEUTRAL, "tag without ="),
                changed("v=1;", "v=1; y=z;", Code.FAIL, "signature does not match"),
                changed("v=1;", "v\u00e9=1;", Code.NEUTRAL, "invalid name"));
    }

    static Stream<Row> records() {
        String p = ForeignSigner.published(RSA);
        String damaged = p.substring(0, 40) + "AAAA" + p.substring(60);
        return Stream.of(
                published("v=DKIM1; p=", Code.PERMERROR, "key is revoked"),
                published("v=DKIM1", Code.PERMERROR, "no key record"),
                published("v=DKIM2; p=" + p, Code.PERMERROR, "no key record"),
                published("p=" + p + "; v=DKIM1", Code.PERMERROR, "no key record"),
                published("v=spf1 -all", Code.PERMERROR, "no key record"),
                published("verification 1234", Code.PERMERROR, "invalid key record"),
                published("v=DKIM1; p=" + p + "; p=" + p, Code.PERMERROR, "tag p twice"),
                published("v=DKIM1; k=dsa; p=" + p, Code.PERMERROR, "key of another kind"),
                published("v=DKIM1; h=sha1; p=" + p, Code.PERMERROR, "key is not for sha256"),
                published("v=DKIM1; s=tlsrpt; p=" + p, Code.PERMERROR, "key is not for mail"),
                published("v=DKIM1; p=*", Code.PERMERROR, "key is damaged"),
                published("v=DKIM1; p=AAAA", Code.PERMERROR, "key is damaged"),
                published("v=DKIM1; p=" + damaged, Code.PERMERROR, "key is damaged"),
                published("v=DKIM1; k=rsa; p=" + ForeignSigner.published(ED25519), Code.PERMERROR, "key is damaged"),
                published(record(SHORT), Code.PERMERROR, "key has less than 1024 bits"),
                published(record(OTHER), Code.FAIL, "signature does not match"),
                published(List.of(record(OTHER), "v=spf1 -all"), Code.FAIL, "signature does not match"),
                new Row(
                        "key for its own domain alone",
                        Code.PERMERROR,
                        "key is not for a domain below its own",
                        tag("i", "@sub.example.org"),
                        UnaryOperator.identity(),
                        dns -> dns.has(NAME, "v=DKIM1; t=s; p=" + p)),
                new Row(
                        "server failure",
                        Code.TEMPERROR,
                        "no answer",
                        UnaryOperator.identity(),
                        text -> text.replace("Bob,", "Bob!"),
                        dns -> dns.fails(KEY, ScriptedDns.Fault.SERVER_FAILURE)));
    }

    @ParameterizedTest
    @MethodSource({"fields", "changes", "records"})
    void what_is_wrong_is_told(Row row) {
        row.world.accept(dns);
        DkimResult result = one(row.text.apply(signed(row.tags)));
        assertThat(result.code()).as(result.toString()).isEqualTo(row.code);
        assertThat(result.reason()).contains(row.reason);
    }

    @Test
    void a_silent_server_is_a_temporary_error() {
        dns.fails(KEY, ScriptedDns.Fault.SILENT);
        DkimVerifier verifier =
                DkimVerifier.with(dns.resolver().within(Duration.ofMillis(100))).at(clock);
        assertThat(verifier.verify(message(signed(UnaryOperator.identity()))))
                .extracting(DkimResult::code)
                .containsExactly(Code.TEMPERROR);
    }

    @ParameterizedTest
    @CsvSource({
        "relaxed/relaxed",
        "relaxed/simple",
        "relaxed",
        "simple/relaxed",
        "simple/simple",
        "simple",
        "RELAXED/Simple"
    })
    void each_canonicalization(String c) {
        String signed = signed(tag("c", c.toLowerCase()));
        assertThat(one(signed).code()).isEqualTo(Code.PASS);
        boolean header = c.startsWith("relaxed");
        boolean body = c.endsWith("/relaxed");
        String refolded =
                signed.replace("a  folded\r\n\tsubject ", "a folded subject").replace("\r\nSubject:", "\r\nSUBJECT :");
        assertThat(one(refolded).isPass()).as("white space in a field").isEqualTo(header || c.startsWith("RELAXED"));
        String spaced = signed.replace("Hello  Bob, ", "Hello Bob,");
        assertThat(one(spaced).isPass()).as("white space in the body").isEqualTo(body);
        assertThat(one(signed + "\r\n\r\n").isPass())
                .as("empty lines at the end")
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "a, RSA-SHA256",
        "i, @example.org",
        "i, alice@EXAMPLE.org",
        "i, @mail.example.org",
        "l, 20",
        "l, 0000000000000000000000000000000000000000000000000000020",
        "t, 1767225600",
        "t, 1767225900",
        "x, 1767225600",
        "x, 999999999999",
        "q, dns/txt:new",
        "d, EXAMPLE.org",
        "y, an unknown tag",
        "h, ' from : TO :Subject : from : from : nothing'",
    })
    void a_good_signature_with(String tag, String value) {
        assertThat(one(signed(tag(tag, value))))
                .extracting(DkimResult::code, DkimResult::reason)
                .containsExactly(Code.PASS, "");
    }

    static Stream<List<String>> goodRecords() {
        String p = ForeignSigner.published(RSA);
        byte[] info = RSA.getPublic().getEncoded();
        String alone = Base64.getEncoder().encodeToString(Arrays.copyOfRange(info, 24, info.length));
        return Stream.of(
                List.of("p=" + p),
                List.of("v=DKIM1; p=" + p + ";"),
                List.of("v = DKIM1 ; k = rsa ; n = any text ; h = sha1 : sha256 ; s = tlsrpt : email ; t = x ; p = "
                        + p),
                List.of("v=DKIM1; s=*; z=unknown; p=" + p.substring(0, 50) + " " + p.substring(50)),
                List.of("v=DKIM1; p=" + alone),
                List.of(record(OTHER), record(RSA)));
    }

    @ParameterizedTest
    @MethodSource("goodRecords")
    void a_good_record(List<String> records) {
        dns.has(NAME, records.toArray(String[]::new));
        assertThat(one(signed(UnaryOperator.identity())))
                .extracting(DkimResult::code, DkimResult::reason)
                .containsExactly(Code.PASS, "");
    }

    @Test
    void a_key_for_tests_is_told() {
        dns.has(NAME, "v=DKIM1; t=y:s; p=" + ForeignSigner.published(RSA));
        assertThat(one(signed(UnaryOperator.identity())))
                .extracting(DkimResult::code, DkimResult::reason)
                .containsExactly(Code.PASS, "key is for tests");
    }

    @Test
    void a_result_tells_whose_signature_it_was() {
        String signed = signed(tag("i", "Alice@Mail.example.org"));
        String b = signed.substring(signed.indexOf("\tb=") + 3).substring(0, 8);
        assertThat(one(signed))
                .isEqualTo(
                        new DkimResult(Code.PASS, "example.org", "s", "Alice@Mail.example.org", "rsa-sha256", b, ""));
        assertThat(one(signed(UnaryOperator.identity())).identity()).isEqualTo("@example.org");
    }

    @Test
    void a_message_without_signatures_has_none() {
        assertThat(one(MESSAGE)).isEqualTo(new DkimResult(Code.NONE, "", "", "", "", "", ""));
        assertThat(dns.asked()).isEmpty();
    }

    @Test
    void ed25519_beside_rsa_in_one_pass_of_the_body() {
        dns.has("e._domainkey.example.org", record(ED25519));
        Map<String, String> tags = ForeignSigner.tags("example.org", "e");
        tags.put("a", "ed25519-sha256");
        tags.put("c", "simple/simple");
        String both = ForeignSigner.sign(ED25519.getPrivate(), tags, signed(UnaryOperator.identity()));
        Message message = message(both);
        int[] opened = {0};
        Content content = message.content();
        assertThat(DkimVerifier.with(dns.resolver()).at(clock).verify(message.withContent(() -> {
                    opened[0]++;
                    return content.open();
                })))
                .extracting(DkimResult::selector, DkimResult::algorithm, DkimResult::code)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("e", "ed25519-sha256", Code.PASS),
                        org.assertj.core.groups.Tuple.tuple("s", "rsa-sha256", Code.PASS));
        // whether it can be kept, and then one pass for both
        assertThat(opened).containsExactly(2);
    }

    @Test
    void a_body_that_no_signature_needs_is_not_read() {
        Message message = message(signed(tag("a", "rsa-sha1"))).withContent(() -> {
            throw new AssertionError("opened");
        });
        assertThat(DkimVerifier.with(dns.resolver()).verify(message))
                .extracting(DkimResult::code)
                .containsExactly(Code.PERMERROR);
    }

    @Test
    void the_first_eight_signatures_are_looked_at() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            text.append("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x")
                    .append(i)
                    .append("; h=From; bh=")
                    .append("A".repeat(43))
                    .append("=; b=AAAA\r\n");
        }
        List<DkimResult> results = verified(text + MESSAGE);
        assertThat(results).hasSize(8).extracting(DkimResult::code).containsOnly(Code.PERMERROR);
        assertThat(results.get(7).reason()).isEqualTo("no key; signatures behind this one are ignored: 22");
        assertThat(results.get(6).reason()).isEqualTo("no key");
        assertThat(dns.asked()).hasSize(8);
    }

    @Test
    void signatures_that_begin_alike_are_shown_apart() {
        String field = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=From; bh=" + "A".repeat(43)
                + "=; b=AAAABBBBCCCC";
        List<DkimResult> results = verified(field + "DDDD\r\n" + field + "EEEE\r\n" + MESSAGE);
        assertThat(results).extracting(DkimResult::signature).containsExactly("AAAABBBBCCCCDDDD", "AAAABBBBCCCCEEEE");
    }

    @Test
    void a_signature_may_cover_another_one_but_not_itself() {
        String inner = signed(UnaryOperator.identity());
        Map<String, String> tags = ForeignSigner.tags("example.org", "s");
        tags.put("h", "From:DKIM-Signature:DKIM-Signature");
        String outer = ForeignSigner.sign(RSA.getPrivate(), tags, inner);
        assertThat(verified(outer)).extracting(DkimResult::code).containsExactly(Code.PASS, Code.PASS);
        assertThat(verified("DKIM-Signature: v=1\r\n" + outer))
                .extracting(DkimResult::code)
                .containsExactly(Code.NEUTRAL, Code.FAIL, Code.PASS);
    }

    @Test
    void a_u_label_is_looked_up_as_an_a_label() {
        dns.has("s._domainkey.xn--bcher-kva.example", record(RSA));
        String domain = "b\u00c3\u00bccher.example";
        String signed = ForeignSigner.sign(RSA.getPrivate(), ForeignSigner.tags(domain, "s"), MESSAGE);
        assertThat(one(signed))
                .extracting(DkimResult::code, DkimResult::domain)
                .containsExactly(Code.PASS, "xn--bcher-kva.example");
    }

    /** A part of it may be the name of another. */
    @Test
    void no_name_is_cut() {
        String domain = "a".repeat(60) + "." + "b".repeat(60) + "." + "c".repeat(60) + ".victim.example."
                + "d".repeat(20) + ".test";
        dns.has("s._domainkey." + domain, record(RSA));
        Map<String, String> tags = ForeignSigner.tags(domain, "s");
        tags.put("i", "x".repeat(190) + "@" + domain);
        assertThat(one(ForeignSigner.sign(RSA.getPrivate(), tags, MESSAGE)))
                .extracting(DkimResult::code, DkimResult::domain, DkimResult::identity)
                .containsExactly(Code.PASS, domain, tags.get("i"));
        tags.put("i", "x".repeat(400) + "@" + domain);
        assertThat(one(ForeignSigner.sign(RSA.getPrivate(), tags, MESSAGE)))
                .extracting(DkimResult::code, DkimResult::identity)
                .containsExactly(Code.NEUTRAL, "");
    }

    @Test
    void what_a_field_says_cannot_break_a_line() {
        DkimResult result = one(signed(tag("i", "\"x\u00e9\r\n\tInjected: yes\"@example.org")));
        assertThat(result.code()).isEqualTo(Code.PASS);
        assertThat(result.identity()).isEqualTo("\"x?Injected:yes\"@example.org");
    }

    @Test
    @Timeout(20)
    void large_fields_cost_no_more_than_their_size() {
        String names = "From" + ":X".repeat(100_000);
        String fields = "X: y\r\n".repeat(50_000);
        String text = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; bh=" + "A".repeat(43) + "=; b="
                + "A ".repeat(20_000) + "; h=" + names + "\r\n" + fields + MESSAGE;
        assertThat(one(text).code()).isEqualTo(Code.FAIL);
        String tags =
                "DKIM-Signature: " + ";".repeat(200_000) + "\r\n" + "DKIM-Signature:" + " \t".repeat(100_000) + "=\r\n";
        assertThat(verified(tags + MESSAGE)).extracting(DkimResult::code).containsOnly(Code.NEUTRAL);
    }
}
