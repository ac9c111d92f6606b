package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filters.dmarc.DmarcResult;
import io.github.smtpproxy.filters.dmarc.DmarcResult.Code;
import io.github.smtpproxy.filters.dmarc.DmarcVerifier;
import io.github.smtpproxy.filters.dmarc.Identifier;
import io.github.smtpproxy.filters.dmarc.Policy;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.testing.ScriptedDns;
import io.github.smtpproxy.testing.ScriptedDns.Fault;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9989, row by row, against a DNS server. */
@Timeout(60)
class DmarcVerifierTest {

    private final ScriptedDns dns = ScriptedDns.start();

    @AfterEach
    void close() {
        dns.close();
    }

    /** @param zone {@code x.test p=reject & y.test}: a record with tags, and a name that is there */
    private void zone(String zone) {
        for (String entry : zone.split(" & ")) {
            String[] words = entry.strip().split(" ", 2);
            if (words.length == 2) {
                dns.has("_dmarc." + words[0], "v=DMARC1; " + words[1]);
            } else {
                dns.has(words[0], "192.0.2.1");
            }
        }
    }

    /** @param identifiers {@code spf:x.test dkim:y.test}, with a question mark where nobody knows */
    private DmarcResult verify(String fields, String identifiers) {
        List<Identifier> known = new ArrayList<>();
        for (String word :
                identifiers.isBlank() ? new String[0] : identifiers.strip().split(" ")) {
            String[] parts = word.split(":");
            String domain = parts[1].replace("?", "");
            Identifier one = parts[0].equals("spf") ? Identifier.spf(domain) : Identifier.dkim(domain);
            known.add(parts[1].endsWith("?") ? one.unknown() : one);
        }
        Headers headers = Headers.parse((fields + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        return DmarcVerifier.with(dns.resolver()).verify(headers, known);
    }

    private List<String> walked() {
        return dns.asked().stream()
                .filter(q -> q.startsWith("TXT "))
                .map(q -> q.replace("TXT _dmarc.", ""))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // alignment
                "pass reject|x.test|spf:x.test|x.test p=reject",
                "pass reject|x.test|dkim:x.test|x.test p=reject",
                "pass reject|X.Test|dkim:x.TEST.|x.test p=reject",
                "pass reject|x.test|spf:b.x.test|x.test p=reject",
                "pass reject|x.test|dkim:b.x.test|x.test p=reject",
                "pass reject|b.x.test|spf:x.test|x.test p=reject",
                "pass reject|b.x.test|dkim:c.x.test|x.test p=reject",
                "fail reject|x.test|spf:b.x.test|x.test p=reject; aspf=s",
                "pass reject|x.test|dkim:b.x.test|x.test p=reject; aspf=s",
                "fail reject|x.test|dkim:b.x.test|x.test p=reject; adkim=s",
                "pass reject|x.test|spf:x.test dkim:b.x.test|x.test p=reject; adkim=s; aspf=s",
                "pass reject|b.x.test|spf:b.x.test|x.test p=reject; aspf=s",
                "fail reject|x.test||x.test p=reject",
                "fail reject|x.test|spf:y.test dkim:z.test|x.test p=reject",
                "fail reject|x.test|spf:test|x.test p=reject",
                "fail reject|x.test|dkim:ax.test|x.test p=reject",
                "pass reject|x.test|dkim:y.test dkim:z.test dkim:x.test|x.test p=reject",
                "fail reject|x.test|dkim:b.x.test|x.test p=reject & b.x.test p=none; psd=n",
                "fail reject|b.x.test|dkim:x.test|x.test p=none & b.x.test p=reject; psd=n",
                "pass reject|b.x.test|dkim:x.test|x.test p=none & b.x.test p=reject",
                // policies
                "fail none|x.test||x.test p=none",
                "fail quarantine|x.test||x.test p=quarantine",
                "fail none|x.test||x.test rua=mailto:a@x.test",
                "fail none|x.test||x.test sp=reject",
                "fail reject|x.test||x.test p=REJECT; sp=none; np=none",
                "fail none|b.x.test||x.test p=reject; sp=none & b.x.test",
                "fail reject|b.x.test||x.test p=reject & b.x.test",
                "fail quarantine|b.x.test||x.test p=reject; sp=none; np=quarantine",
                "fail none|b.x.test||x.test p=reject; sp=none; np=quarantine & b.x.test",
                "fail none|b.x.test||x.test p=reject; sp=none",
                "fail reject|b.x.test||x.test p=none; np=reject",
                "fail none|b.x.test||x.test p=none; np=reject & b.x.test",
                "fail reject|b.x.test||b.x.test p=reject; sp=none & x.test p=none",
                "fail none|c.b.x.test||b.x.test p=reject & x.test p=none; sp=none",
                // t
                "fail quarantine|x.test||x.test p=reject; t=y",
                "fail none|x.test||x.test p=quarantine; t=y",
                "fail none|x.test||x.test p=none; t=y",
                "fail reject|x.test||x.test p=reject; t=n",
                "fail reject|x.test||x.test p=reject; t=x",
                "fail quarantine|b.x.test||x.test p=none; sp=reject; t=y & b.x.test",
                "fail reject|x.test||x.test p=reject; pct=0; ri=1; rf=afrf",
                // psd
                "fail reject|x.bank.test||bank.test p=none; sp=reject; psd=y & x.bank.test",
                "fail quarantine|x.bank.test||bank.test p=none; np=quarantine; psd=y",
                "fail none|x.bank.test||x.bank.test p=none & bank.test p=reject; psd=y",
                "pass none|x.bank.test|spf:mail.x.bank.test|x.bank.test p=none & bank.test p=reject; psd=y",
                "fail none|x.bank.test|dkim:y.bank.test|x.bank.test p=none & bank.test p=reject; psd=y",
                "fail reject|x.bank.test|dkim:bank.test|bank.test p=reject; psd=y & x.bank.test",
                "pass reject|a.b.x.bank.test|dkim:x.bank.test|bank.test p=reject; psd=y & a.b.x.bank.test",
                "fail reject|bank.test|dkim:x.bank.test|bank.test p=reject; psd=y",
                "pass reject|bank.test|dkim:bank.test|bank.test p=reject; psd=y",
                "pass reject|x.bank.test|dkim:y.bank.test|bank.test p=reject; psd=x",
                "fail none|a.x.test||x.test p=none; psd=n & test p=reject; psd=y & a.x.test",
                // none
                "none none|x.test|spf:x.test|y.test p=reject",
                "none none|x.test||x.y.test p=reject",
                "none none|localhost||x.test p=reject",
                // what is wrong
                "fail none|x.test||x.test p=rejected; rua=mailto:a@x.test",
                "permerror none|x.test||x.test p=rejected",
                "permerror none|x.test|spf:x.test|x.test p=rejected",
                "permerror none|x.test||x.test p=rejected; rua=a b",
                "permerror none|x.test||x.test p=reject; sp=x",
                "permerror none|x.test||x.test p=reject; np=",
                "fail none|x.test||x.test p=reject; np=x; rua=mailto:a@x.test!10m",
                "fail reject|x.test|dkim:b.x.test|x.test p=reject;adkim = s ;; x; =; what=ever;",
                "fail reject|x.test||x.test p=reject; p=none",
                "pass reject|x.test|dkim:b.x.test|x.test p=reject; adkim=x",
                // nobody knows
                "temperror reject|x.test|spf:x.test?|x.test p=reject",
                "temperror reject|x.test|dkim:b.x.test? spf:y.test|x.test p=reject",
                "fail reject|x.test|spf:y.test? dkim:z.test?|x.test p=reject",
                "pass reject|x.test|spf:x.test? dkim:x.test|x.test p=reject",
                "fail reject|x.test|dkim:b.x.test?|x.test p=reject; adkim=s",
            })
    void a_record_means(String expected, String author, String identifiers, String zone) {
        zone(zone);
        DmarcResult result = verify("From: a@" + author, identifiers == null ? "" : identifiers);
        assertThat(result.code().toString().toLowerCase(Locale.ROOT) + " " + result.policy())
                .as(result.toString())
                .isEqualTo(expected);
    }

    @Test
    void a_name_is_there_where_it_has_no_address_or_is_an_alias_of_nothing() {
        zone("x.test p=none; np=reject");
        dns.has("text.x.test", "hello").has("alias.x.test", "CNAME nowhere.test.");
        assertThat(verify("From: a@text.x.test", "").policy()).isEqualTo(Policy.NONE);
        assertThat(verify("From: a@alias.x.test", "").policy()).isEqualTo(Policy.NONE);
        assertThat(verify("From: a@no.x.test", "").policy()).isEqualTo(Policy.REJECT);
    }

    @Test
    void domains_and_policies_are_told() {
        zone("x.test p=none; sp=reject; t=y & b.x.test");
        DmarcResult result = verify("From: a@B.x.test", "");
        assertThat(result)
                .isEqualTo(new DmarcResult(
                        Code.FAIL, "b.x.test", "x.test", "x.test", Policy.REJECT, Policy.QUARANTINE, ""));
        assertThat(result.disposition()).isEqualTo(Policy.QUARANTINE);
        assertThat(verify("From: a@B.x.test", "spf:x.test").disposition()).isEqualTo(Policy.NONE);
    }

    @ParameterizedTest
    @CsvSource({
        "x.test, x.test test",
        "a.b.c.d.e.f.x.test, a.b.c.d.e.f.x.test b.c.d.e.f.x.test c.d.e.f.x.test d.e.f.x.test e.f.x.test f.x.test x.test "
                + "test",
        "a.b.c.d.e.f.g.x.test, a.b.c.d.e.f.g.x.test c.d.e.f.g.x.test d.e.f.g.x.test e.f.g.x.test f.g.x.test g.x.test "
                + "x.test test",
        "a.b.c.d.e.f.g.h.i.j.mail.x.test, a.b.c.d.e.f.g.h.i.j.mail.x.test g.h.i.j.mail.x.test h.i.j.mail.x.test "
                + "i.j.mail.x.test j.mail.x.test mail.x.test x.test test",
    })
    void a_walk_asks_eight_times_at_most(String author, String names) {
        assertThat(verify("From: a@" + author, "").code()).isEqualTo(Code.NONE);
        assertThat(walked()).containsExactly(names.split(" ")).hasSizeLessThanOrEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"y", "n"})
    void a_walk_ends_where_the_tag_psd_says_so(String psd) {
        zone("x.test p=reject; psd=" + psd + " & a.x.test");
        assertThat(verify("From: a@a.x.test", "").code()).isEqualTo(Code.FAIL);
        assertThat(walked()).containsExactly("a.x.test", "x.test");
    }

    @Test
    void nothing_is_asked_above_the_authors_own_domain_that_is_authenticated() {
        zone("a.x.test p=reject");
        assertThat(verify("From: a@a.x.test", "spf:a.x.test").code()).isEqualTo(Code.PASS);
        assertThat(walked()).containsExactly("a.x.test");
    }

    @Test
    void no_walk_begins_at_a_domain_that_cannot_be_aligned_nor_at_many_that_can() {
        zone("x.test p=reject");
        String others = IntStream.range(0, 100)
                .mapToObj(i -> "dkim:d" + i + ".evil.test")
                .collect(Collectors.joining(" "));
        assertThat(verify("From: a@x.test", others).code()).isEqualTo(Code.FAIL);
        assertThat(walked()).containsExactly("x.test", "test");
        zone(IntStream.range(0, 100)
                .mapToObj(i -> "d" + i + ".x.test p=none; psd=n")
                .collect(Collectors.joining(" & ")));
        assertThat(verify("From: a@x.test", others.replace("evil", "x")).code()).isEqualTo(Code.FAIL);
        assertThat(walked()).filteredOn(name -> name.startsWith("d")).hasSize(10);
    }

    @ParameterizedTest
    @CsvSource({
        "v=DMARC1; p=reject, FAIL",
        "V = DMARC1;p=reject, FAIL",
        "v=DMARC1, FAIL",
        "v=DMARC1;, FAIL",
        "v=dmarc1; p=reject, NONE",
        "v=DMARC2; p=reject, NONE",
        "v=DMARC1 p=reject, NONE",
        "p=reject; v=DMARC1, NONE",
        "' v=DMARC1; p=reject', NONE",
        "hello, NONE",
    })
    void a_version_comes_first(String record, Code code) {
        dns.has("_dmarc.x.test", record);
        assertThat(verify("From: a@x.test", "").code()).isEqualTo(code);
    }

    @Test
    void of_several_records_none_counts() {
        dns.has("_dmarc.b.x.test", "v=DMARC1; p=none", "v=DMARC1; p=none")
                .has("_dmarc.x.test", "other", "v=DMARC1; p=reject");
        assertThat(verify("From: a@b.x.test", "").policyDomain()).isEqualTo("x.test");
    }

    @ParameterizedTest
    @CsvSource({"TXT _dmarc.b.x.test", "TXT _dmarc.x.test", "TXT _dmarc.test", "A b.x.test"})
    void trouble_with_the_dns_is_no_fail(String question) {
        zone("x.test p=none; np=reject");
        dns.fails(question, Fault.SERVER_FAILURE);
        assertThat(verify("From: a@b.x.test", "").code()).isEqualTo(Code.TEMPERROR);
    }

    @Test
    void trouble_above_another_domain_is_no_fail_and_hides_no_pass() {
        zone("x.test p=reject");
        dns.fails("TXT _dmarc.b.x.test", Fault.SERVER_FAILURE);
        assertThat(verify("From: a@x.test", "dkim:b.x.test").code()).isEqualTo(Code.TEMPERROR);
        assertThat(verify("From: a@x.test", "dkim:b.x.test dkim:c.x.test").code())
                .isEqualTo(Code.PASS);
    }

    @Test
    void silence_ends_in_time() {
        dns.fails("TXT _dmarc.x.test", Fault.SILENT);
        DmarcResult result = DmarcVerifier.with(dns.resolver())
                .within(Duration.ofMillis(200))
                .verify(Headers.parse("From: a@x.test\r\n".getBytes(StandardCharsets.US_ASCII)), List.of());
        assertThat(result.code()).isEqualTo(Code.TEMPERROR);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a@bank.test",
                "a@BANK.test.",
                "Bank <a@bank.test>",
                "\"x@evil.test\" <a@bank.test>",
                "(x@evil.test) <a@bank.test>",
                "((x@evil.test) \\) x@evil.test) a@bank.test",
                "\"a \\\" x@evil.test\"@bank.test",
                "a(c)@(c) bank (c(d)) . (e) test (x@evil.test)",
                "=?utf-8?q?x=40evil.test?= <a@bank.test>",
                "<a@bank.test>, b@Bank.Test",
                "Friends: a@bank.test, Bob <b@bank.test>;",
                "<@bank.test:a@bank.test>",
                "a@bank.test <b@bank.test>",
                "M\u00c3\u00bcller <a@bank.test>",
                "\u00ff\u00fe <a@bank.test>",
                ", , <a@bank.test>,",
                "a\\@bank.test",
                "a @ bank.test",
            })
    void one_author_is_found_in(String from) {
        zone("bank.test p=reject");
        DmarcResult result = verify("From: " + from, "spf:evil.test");
        assertThat(result.author()).as(result.toString()).isEqualTo("bank.test");
        assertThat(result.code()).isEqualTo(Code.FAIL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From: a@evil.test, b@bank.test",
                "From: b@bank.test <a@evil.test>",
                "From: a@evil.test\r\nFrom: b@bank.test",
                "From: b@bank.test\r\nfrom : a@evil.test",
                "From: Friends: a@evil.test; b@bank.test",
                "From: <@bank.test:a@evil.test>",
                "From: a@evil.test b@bank.test",
                "From: a@evil.test@bank.test",
                "From: \"x\" <a@evil.test>,\r\n\tb@bank.test",
            })
    void the_worst_of_several_authors_counts(String fields) {
        zone("bank.test p=reject & evil.test p=none");
        DmarcResult result = verify(fields, "spf:evil.test dkim:evil.test");
        assertThat(result.author()).isEqualTo("bank.test");
        assertThat(result.disposition()).isEqualTo(Policy.REJECT);
        assertThat(result.reason()).isEqualTo("the worst of 2 domains in From");
    }

    @Test
    void several_authors_of_which_all_are_authenticated_pass() {
        zone("bank.test p=reject & x.test p=reject");
        assertThat(verify("From: a@x.test, b@bank.test", "spf:x.test dkim:bank.test")
                        .code())
                .isEqualTo(Code.PASS);
    }

    @Test
    void one_authors_silence_does_not_hide_what_another_asks_for() {
        zone("bank.test p=reject");
        dns.fails("TXT _dmarc.evil.test", Fault.SERVER_FAILURE);
        assertThat(verify("From: a@evil.test, b@bank.test", "spf:evil.test").disposition())
                .isEqualTo(Policy.REJECT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Subject: x|no From field",
                "From:|no domain in From",
                "From: Alice|no domain in From",
                "From: <>|no domain in From",
                "From: \"a@bank.test\"|no domain in From",
                "From: (a@bank.test)|no domain in From",
                "From: =?utf-8?q?a=40bank.test?=|no domain in From",
                "From: \"a@bank.test|From ends in the middle",
                "From: (a@bank.test|From ends in the middle",
                "From: a@bank.test (x|From ends in the middle",
                "From: a@|an @ in From without a domain",
                "From: a@[192.0.2.1]|an @ in From without a domain",
                "From: a@192.0.2.1|an @ in From without a domain",
                "From: a@bank..test|an @ in From without a domain",
                "From: a@.bank.test|an @ in From without a domain",
                "From: a@-bank.test|an @ in From without a domain",
                "From: a@bank%2e.test|an @ in From without a domain",
                "From: a@bank\\.test|an @ in From without a domain",
                "From: a@\"bank.test\"|an @ in From without a domain",
                "From: a@bank.\"test\"|an @ in From without a domain",
                "From: a@b\u00e4nk.test|an @ in From without a domain",
                "From: a@\u00ef\u00bd\u0082ank.test|an @ in From without a domain",
                "From: a\u0001b <a@bank.test>|control characters in From",
                "From: a@a.test,a@b.test,a@c.test,a@d.test,a@e.test,a@f.test|more than 5 domains in From",
            })
    void no_author_can_be_told(String field, String reason) {
        zone("bank.test p=reject");
        DmarcResult result = verify(field, "");
        assertThat(result.code()).isEqualTo(Code.PERMERROR);
        assertThat(result.reason()).isEqualTo(reason);
        assertThat(dns.asked()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From: a@ <b@bank.test>",
                "From: Bob @ 24/7 <b@bank.test>",
                "From: Joe @ \"The Firm\" <b@bank.test>",
            })
    void an_at_sign_alone_is_a_word_of_a_name(String field) {
        zone("bank.test p=reject");
        DmarcResult result = verify(field, "dkim:bank.test");
        assertThat(result.code()).isEqualTo(Code.PASS);
        assertThat(result.author()).isEqualTo("bank.test");
    }

    @Test
    void nobody_hides_a_field_behind_a_bare_cr() {
        zone("bank.test p=reject & evil.test p=none");
        DmarcResult result = verify("Subject: hi\rFrom: ceo@bank.test\r\nFrom: x@evil.test", "spf:evil.test");
        assertThat(result.code()).isEqualTo(Code.PERMERROR);
        assertThat(result.reason()).isEqualTo("a bare CR in the header section");
    }

    @Test
    void a_huge_field_is_read_no_further() {
        assertThat(verify("From: " + "(".repeat(200_000), "").reason()).startsWith("a From field of 200000");
        assertThat(verify("From: " + "((((".repeat(2_000) + "a@bank.test", "").reason())
                .isEqualTo("From ends in the middle");
    }

    @ParameterizedTest
    @CsvSource({"b\u00c3\u00bccher.test", "B\u00c3\u009ccher.test", "xn--bcher-kva.test"})
    void a_domain_beyond_ascii_is_looked_up_as_a_labels(String domain) {
        zone("xn--bcher-kva.test p=reject");
        DmarcResult result = verify("From: a@" + domain, "dkim:xn--bcher-kva.test");
        assertThat(result.author()).isEqualTo("xn--bcher-kva.test");
        assertThat(result.code()).isEqualTo(Code.PASS);
    }

    @Test
    void a_long_record_does_not_count_nor_does_a_name_that_is_too_long() {
        dns.has("_dmarc.x.test", "v=DMARC1; p=reject; x=" + "y".repeat(10_000));
        dns.fails("TXT _dmarc.x.test", Fault.TRUNCATED);
        assertThat(verify("From: a@x.test", "").code()).isEqualTo(Code.NONE);
        String longest = ("a".repeat(61) + ".").repeat(4) + "test";
        assertThat(verify("From: a@" + longest, "").code()).isEqualTo(Code.NONE);
    }
}
