package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filters.spf.SpfResult;
import io.github.smtpproxy.filters.spf.SpfResult.Code;
import io.github.smtpproxy.filters.spf.SpfResult.Identity;
import io.github.smtpproxy.filters.spf.SpfVerifier;
import io.github.smtpproxy.protocol.IpLiteral;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.testing.ScriptedDns;
import io.github.smtpproxy.testing.ScriptedDns.Fault;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 7208, row by row, against a DNS server. */
@Timeout(60)
class SpfVerifierTest {

    private static final String FOUR = "192.0.2.10";
    private static final String SIX = "2001:db8::10";
    private static final String SIX_REVERSED = "0.1." + "0.".repeat(22) + "8.b.d.0.1.0.0.2";

    private final ScriptedDns dns = ScriptedDns.start();

    @AfterEach
    void close() {
        dns.close();
    }

    private void zone() {
        dns.has("four.test", FOUR, "192.0.2.77")
                .has("six.test", SIX)
                .has("other.test", "198.51.100.1", "2001:db8:9::1")
                .has("mail.test", "MX 10 other.test.", "MX 20 four.test.")
                .has("nullmx.test", "MX 0 .")
                .has("empty.test")
                .has("pass.test", "v=spf1 +all")
                .has("fail.test", "v=spf1 -all")
                .has("soft.test", "v=spf1 ~all")
                .has("neutral.test", "v=spf1 ?all")
                .has("broken.test", "v=spf1 nonsense")
                .has("down.test", "v=spf1 -all")
                .fails("TXT down.test", Fault.SERVER_FAILURE)
                .fails("A down.test", Fault.SERVER_FAILURE)
                .fails("MX down.test", Fault.SERVER_FAILURE)
                .has("here.x.test", FOUR)
                .has("elsewhere.x.test", "198.51.100.1")
                .has("10.2.0.192.in-addr.arpa", "PTR elsewhere.x.test.", "PTR here.x.test.")
                .has(SIX_REVERSED + ".ip6.arpa", "PTR six.test.");
    }

    private SpfResult verify(String client, String sender, String hello) {
        InetAddress address = IpLiteral.parse(client).orElseThrow();
        return SpfVerifier.with(dns.resolver()).verify(address, MailFrom.parse("MAIL FROM:<" + sender + ">"), hello);
    }

    private void expect(Code code, String client, String record) {
        zone();
        dns.has("x.test", record);
        SpfResult result = verify(client, "user@x.test", "helo.x.test");
        assertThat(result.code()).as(result.toString()).isEqualTo(code);
    }

    private static Code code(String name) {
        return Code.valueOf(name.toUpperCase(Locale.ROOT));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "pass|v=spf1 all",
                "pass|v=spf1 +all",
                "fail|v=spf1 -all",
                "softfail|v=spf1 ~all",
                "neutral|v=spf1 ?all",
                "neutral|v=spf1",
                "neutral|v=spf1   ",
                "fail|V=SPF1 -ALL",
                "pass|v=spf1  a:four.test   -all",
                "none|v=spf10 -all",
                "none|v=spf -all",
                "none|v=spf1-all",
                "none|spf2.0/pra -all",
                // ip4, ip6
                "pass|v=spf1 ip4:192.0.2.10 -all",
                "pass|v=spf1 ip4:192.0.2.99/24 -all",
                "pass|v=spf1 ip4:1.2.3.4/0 -all",
                "fail|v=spf1 ip4:192.0.2.11 -all",
                "fail|v=spf1 ip4:192.0.2.11/32 -all",
                "pass|v=spf1 ip4:192.0.2.11/31 -all",
                "fail|v=spf1 ip6:::ffff:192.0.2.10 -all",
                "fail|v=spf1 ip6:::/0 -all",
                "softfail|v=spf1 -ip4:192.0.2.11 ~ip4:192.0.2.10 -all",
                // a, mx
                "pass|v=spf1 a:four.test -all",
                "pass|v=spf1 a:FOUR.test. -all",
                "fail|v=spf1 a:other.test -all",
                "pass|v=spf1 a:other.test/0 -all",
                "pass|v=spf1 a:other.test/0//64 -all",
                "fail|v=spf1 a:other.test//0 -all",
                "fail|v=spf1 a:empty.test -all",
                "fail|v=spf1 a -all",
                "pass|v=spf1 mx:mail.test -all",
                "fail|v=spf1 mx:four.test -all",
                "fail|v=spf1 mx -all",
                "fail|v=spf1 mx:nullmx.test -all",
                "pass|v=spf1 mx:mail.test/30//128 -all",
                // ptr
                "pass|v=spf1 ptr -all",
                "pass|v=spf1 ptr:x.test -all",
                "pass|v=spf1 ptr:here.x.test -all",
                "fail|v=spf1 ptr:elsewhere.x.test -all",
                "fail|v=spf1 ptr:ere.x.test -all",
                // include, redirect
                "pass|v=spf1 include:pass.test -all",
                "softfail|v=spf1 include:fail.test ~all",
                "softfail|v=spf1 include:soft.test ~all",
                "softfail|v=spf1 include:neutral.test ~all",
                "fail|v=spf1 -include:pass.test ~all",
                "permerror|v=spf1 include:none.test ~all",
                "permerror|v=spf1 include:broken.test ~all",
                "temperror|v=spf1 include:down.test ~all",
                "fail|v=spf1 redirect=fail.test",
                "pass|v=spf1 redirect=fail.test all",
                "pass|v=spf1 redirect=fail.test a:four.test",
                "permerror|v=spf1 redirect=none.test",
                "permerror|v=spf1 redirect=broken.test",
                "temperror|v=spf1 redirect=down.test",
                "permerror|v=spf1 redirect=fail.test redirect=fail.test",
                "permerror|v=spf1 redirect=x.test",
                "permerror|v=spf1 include:x.test",
                // exists
                "pass|v=spf1 exists:other.test -all",
                "fail|v=spf1 exists:six.test -all",
                "fail|v=spf1 exists:nowhere.test -all",
                // trouble
                "temperror|v=spf1 a:down.test -all",
                "temperror|v=spf1 mx:down.test -all",
                "temperror|v=spf1 exists:down.test -all",
                "pass|v=spf1 a:four.test a:down.test -all",
                // modifiers
                "fail|v=spf1 unknown=%{d}-whatever -all",
                "permerror|v=spf1 unknown=%{x} -all",
                "permerror|v=spf1 unknown=% -all",
                "pass|v=spf1 moo.cow-far_out=man:dog/cat all",
                "permerror|v=spf1 exp=why.test exp=why.test -all",
                "permerror|v=spf1 exp= -all",
                "permerror|v=spf1 redirect= a:four.test",
                // what is wrong anywhere is wrong everywhere
                "permerror|v=spf1 all nonsense",
                "permerror|v=spf1 ip4:192.0.2.10 ip4:1.2.3",
                "permerror|v=spf1 ip4 -all",
                "permerror|v=spf1 ip4: -all",
                "permerror|v=spf1 ip4:192.0.2.10/33 -all",
                "permerror|v=spf1 ip4:192.0.2.10/ -all",
                "permerror|v=spf1 ip4:192.0.2.10/08 -all",
                "permerror|v=spf1 ip4:192.0.2.10//24 -all",
                "permerror|v=spf1 ip4:192.0.2.010 -all",
                "permerror|v=spf1 ip4:2001:db8::10 -all",
                "permerror|v=spf1 ip6:192.0.2.10 -all",
                "permerror|v=spf1 ip6:2001:db8::10/129 -all",
                "permerror|v=spf1 ip6:2001:db8:::10 -all",
                "permerror|v=spf1 ip6 -all",
                "permerror|v=spf1 all: ",
                "permerror|v=spf1 all/8",
                "permerror|v=spf1 -all.",
                "permerror|v=spf1 a: -all",
                "permerror|v=spf1 a/ -all",
                "permerror|v=spf1 a/33 -all",
                "permerror|v=spf1 a//129 -all",
                "permerror|v=spf1 a/24/64 -all",
                "permerror|v=spf1 a:/24 -all",
                "permerror|v=spf1 a:museum -all",
                "permerror|v=spf1 a:four.test:25 -all",
                "permerror|v=spf1 a:192.0.2.10 -all",
                "permerror|v=spf1 a:four.-test -all",
                "permerror|v=spf1 mx:mail.test/99999999999 -all",
                "permerror|v=spf1 ptr/24 -all",
                "permerror|v=spf1 ptr: -all",
                "permerror|v=spf1 include -all",
                "permerror|v=spf1 include: -all",
                "permerror|v=spf1 include:pass.test/24 -all",
                "permerror|v=spf1 exists -all",
                "permerror|v=spf1 =four.test -all",
                "permerror|v=spf1 --all",
                "permerror|v=spf1 - all",
                "permerror|v=spf1 a:four.tést -all",
                "permerror|v=spf1 a:%{c}.test -all",
                "permerror|v=spf1 a:%{d0}.test -all",
                "permerror|v=spf1 a:%{d -all",
                "permerror|v=spf1 a:%(d).test -all",
                "permerror|v=spf1 a:%{d}x -all",
                "pass|v=spf1 exists:foo:bar/baz.other.test.%{d} all",
            })
    void a_record_means(String expected, String record) {
        expect(code(expected), FOUR, record);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\010", "\\013", "\\009", "\\000", "\\127"})
    void nothing_but_a_space_separates(String control) {
        expect(Code.PERMERROR, FOUR, "v=spf1 ip4:192.0.2.10" + control + " -all");
        expect(Code.PERMERROR, FOUR, "v=spf1 a:four.test" + control + "mx -all");
        expect(Code.PERMERROR, FOUR, "v=spf1 all x=" + control);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pass|v=spf1 ip6:2001:db8::/32 -all",
                "pass|v=spf1 ip6:2001:DB8:0::10 -all",
                "pass|v=spf1 ip6:::/0 -all",
                "fail|v=spf1 ip6:2001:db8::11 -all",
                "fail|v=spf1 ip4:0.0.0.0/0 -all",
                "pass|v=spf1 a:six.test -all",
                "fail|v=spf1 a:four.test -all",
                "fail|v=spf1 a:other.test/0 -all",
                "pass|v=spf1 a:other.test//32 -all",
                "fail|v=spf1 a:other.test//48 -all",
                "pass|v=spf1 ptr:six.test -all",
                "pass|v=spf1 exists:four.test -all",
            })
    void a_record_means_for_an_ipv6_client(String expected, String record) {
        expect(code(expected), SIX, record);
    }

    @Test
    void a_mapped_ipv4_client_is_one_of_ipv4() {
        expect(Code.PASS, "::ffff:" + FOUR, "v=spf1 ip4:192.0.2.0/24 -all");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.10|%{s}.m.test|strong-bad\\@x.test.m.test",
                "192.0.2.10|%{o}.m.test|x.test.m.test",
                "192.0.2.10|%{d1}.m.test|test.m.test",
                "192.0.2.10|%{d9}.m.test|x.test.m.test",
                "192.0.2.10|%{dr}.m.test|test.x.m.test",
                "192.0.2.10|%{d1r}.m.test|x.m.test",
                "192.0.2.10|%{l}.m.test|strong-bad.m.test",
                "192.0.2.10|%{l-}.m.test|strong.bad.m.test",
                "192.0.2.10|%{lr-}.m.test|bad.strong.m.test",
                "192.0.2.10|%{l1r-}.m.test|strong.m.test",
                "192.0.2.10|%{ir}.%{v}.m.test|10.2.0.192.in-addr.m.test",
                "192.0.2.10|%{h}.m.test|helo.x.test.m.test",
                "192.0.2.10|%{p}.m.test|here.x.test.m.test",
                "192.0.2.10|%%%-.m.test|%%20.m.test",
                "192.0.2.10|a%_b.m.test|a\\032b.m.test",
                "192.0.2.10|%{S}.m.test|strong-bad%40x.test.m.test",
                "192.0.2.10|%{D2}.m.test|x.test.m.test",
                "2001:db8::10|%{ir}.%{v}.test|0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.test",
                "192.0.2.55|%{p}.m.test|unknown.m.test",
            })
    void a_macro_means(String client, String spec, String name) {
        zone();
        dns.has("x.test", "v=spf1 exists:" + spec + " -all", "127.0.0.1").has(name, "127.0.0.2");
        SpfResult result = verify(client, "strong-bad@x.test", "helo.x.test");
        assertThat(dns.asked()).as(result.toString()).contains("A " + name);
        assertThat(result.code()).isEqualTo(Code.PASS);
    }

    @Test
    void a_name_that_is_too_long_loses_labels_at_its_left() {
        String label = "a".repeat(60) + ".";
        dns.has("x.test", "v=spf1 exists:gone." + label.repeat(4) + "%{d} -all").has(label.repeat(4) + "x.test", FOUR);
        assertThat(verify(FOUR, "user@x.test", "h").code()).isEqualTo(Code.PASS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a..b", "\"a\\\\b\"", ".", "é"})
    void a_name_that_the_dns_cannot_have_is_not_asked_for(String local) {
        dns.has("x.test", "v=spf1 exists:%{l}.m.test -all");
        assertThat(verify(FOUR, local.replace("é", "\u00c3\u00a9") + "@x.test", "h")
                        .code())
                .isEqualTo(Code.FAIL);
        assertThat(dns.asked()).containsExactly("TXT x.test");
    }

    @ParameterizedTest
    @CsvSource({"9, PASS", "10, PASS", "11, PERMERROR"})
    void no_more_than_ten_terms_ask(int terms, Code expected) {
        IntStream.range(0, terms - 1).forEach(i -> dns.has("i" + i + ".test", "v=spf1 include:i" + (i + 1) + ".test"));
        dns.has("i" + (terms - 1) + ".test", "v=spf1 all").has("x.test", "v=spf1 include:i0.test");
        assertThat(verify(FOUR, "a@x.test", "h").code()).isEqualTo(expected);
    }

    @Test
    void ten_terms_count_side_by_side_too_and_what_does_not_ask_is_free() {
        zone();
        dns.has("x.test", "v=spf1 " + "ip4:203.0.113.1 ".repeat(50) + "a:other.test ".repeat(10) + "-all");
        assertThat(verify(FOUR, "a@x.test", "h").code()).isEqualTo(Code.FAIL);
        dns.has("y.test", "v=spf1 " + "a:other.test ".repeat(11) + "-all");
        assertThat(verify(FOUR, "a@y.test", "h").code()).isEqualTo(Code.PERMERROR);
    }

    @ParameterizedTest
    @CsvSource({"2, FAIL", "3, PERMERROR"})
    void no_more_than_two_terms_without_an_answer(int terms, Code expected) {
        StringBuilder record = new StringBuilder("v=spf1");
        IntStream.range(0, terms).forEach(i -> record.append(" a:no" + i + ".test"));
        dns.has("x.test", record + " -all");
        assertThat(verify(FOUR, "a@x.test", "h").code()).isEqualTo(expected);
    }

    @Test
    void a_term_with_many_questions_without_an_answer_is_one() {
        dns.has("x.test", "v=spf1 mx:mx.test -all")
                .has("mx.test", "MX 1 m0.test.", "MX 1 m1.test.", "MX 1 m2.test.", "MX 1 m3.test.");
        IntStream.range(0, 4).forEach(i -> dns.has("m" + i + ".test", "198.51.100." + i));
        assertThat(verify(SIX, "a@x.test", "h").code()).isEqualTo(Code.FAIL);
    }

    @ParameterizedTest
    @CsvSource({"10, FAIL", "11, PERMERROR"})
    void no_more_than_ten_mail_exchangers(int exchangers, Code expected) {
        dns.has("x.test", "v=spf1 mx:mx.test -all")
                .has(
                        "mx.test",
                        IntStream.range(0, exchangers)
                                .mapToObj(i -> "MX 1 m" + i + ".test.")
                                .toArray(String[]::new));
        IntStream.range(0, exchangers).forEach(i -> dns.has("m" + i + ".test", "198.51.100." + i));
        assertThat(verify(FOUR, "a@x.test", "h").code()).isEqualTo(expected);
    }

    @Test
    void of_many_names_of_a_client_ten_count() {
        dns.has("x.test", "v=spf1 ptr -all")
                .has(
                        "10.2.0.192.in-addr.arpa",
                        IntStream.range(0, 12)
                                .mapToObj(i -> "PTR n" + i + ".y.test.")
                                .toArray(String[]::new));
        IntStream.range(0, 12).forEach(i -> dns.has("n" + i + ".y.test", FOUR));
        assertThat(verify(FOUR, "a@x.test", "h").code()).isEqualTo(Code.FAIL);
        assertThat(dns.asked()).filteredOn(q -> q.startsWith("A n")).hasSize(10);
    }

    @Test
    void trouble_with_the_names_of_a_client_is_no_match() {
        dns.has("x.test", "v=spf1 ptr -all").fails("PTR 10.2.0.192.in-addr.arpa", Fault.SERVER_FAILURE);
        assertThat(verify(FOUR, "a@x.test", "h").code()).isEqualTo(Code.FAIL);
    }

    @Test
    void several_records_are_an_error_and_other_texts_none() {
        dns.has("two.test", "v=spf1 -all", "v=spf1 -all").has("one.test", "some t\u00e9xt", "v=spf1 -all", "v=spf2 x");
        assertThat(verify(FOUR, "a@two.test", "h").code()).isEqualTo(Code.PERMERROR);
        assertThat(verify(FOUR, "a@one.test", "h").code()).isEqualTo(Code.FAIL);
    }

    @Test
    void a_record_in_several_strings_is_one() {
        dns.has("x.test", "v=spf1 " + "ip4:203.0.113.200 ".repeat(30) + "ip4:" + FOUR + " -all");
        assertThat(verify(FOUR, "a@x.test", "h").code()).isEqualTo(Code.PASS);
    }

    @Test
    void a_record_without_end_is_an_error() {
        dns.has("x.test", "v=spf1 " + "ip4:203.0.113.200 ".repeat(700) + " all").fails("TXT x.test", Fault.TRUNCATED);
        assertThat(verify(FOUR, "a@x.test", "h").code()).isEqualTo(Code.PERMERROR);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "NONE|user@nothing.test|MAIL_FROM|nothing.test",
                "NONE|user@empty.test|MAIL_FROM|empty.test",
                "NONE|user@localhost|MAIL_FROM|localhost",
                "NONE|user@[192.0.2.10]|MAIL_FROM|[192.0.2.10]",
                "TEMPERROR|user@down.test|MAIL_FROM|down.test",
                "FAIL|user@FAIL.test|MAIL_FROM|fail.test",
            })
    void a_sender_is_looked_at(Code code, String sender, Identity identity, String domain) {
        zone();
        SpfResult result = verify(FOUR, sender, "pass.test");
        assertThat(result.code()).isEqualTo(code);
        assertThat(result.identity()).isEqualTo(identity);
        assertThat(result.domain()).isEqualTo(domain);
    }

    @ParameterizedTest
    @CsvSource({
        "PASS, Pass.test",
        "PASS, pass.test.",
        "FAIL, fail.test",
        "NONE, '[192.0.2.10]'",
        "NONE, 192.0.2.10",
        "NONE, localhost",
        "NONE, a..test",
        "NONE, ''",
        "NONE, -a.test",
    })
    void the_null_sender_stands_for_postmaster_at_the_hello_name(Code code, String hello) {
        zone();
        SpfResult result = verify(FOUR, "", hello);
        assertThat(result.code()).isEqualTo(code);
        assertThat(result.identity()).isEqualTo(Identity.HELO);
    }

    @Test
    void its_local_part_is_postmaster() {
        dns.has("h.test", "v=spf1 exists:%{l}.%{o}.m.test -all").has("postmaster.h.test.m.test", "127.0.0.2");
        assertThat(verify(FOUR, "", "h.test").code()).isEqualTo(Code.PASS);
    }

    @Test
    void a_sender_beyond_ascii_is_looked_up_as_a_labels() {
        dns.has("xn--bcher-kva.test", "v=spf1 -all");
        SpfResult result = verify(FOUR, "a@b\u00c3\u00bccher.test", "h");
        assertThat(result.code()).isEqualTo(Code.FAIL);
        assertThat(result.domain()).isEqualTo("xn--bcher-kva.test");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "%{i} is not one of %{d}|192.0.2.10 is not one of x.test",
                "ask %{c} %{r}|ask 192.0.2.10 unknown",
                "see http://x.test/?s=%{S}|see http://x.test/?s=user%40x.test",
                "bad %{x}|''",
                "b\u00e4d|''",
            })
    void a_fail_is_explained(String text, String explanation) {
        dns.has("x.test", "v=spf1 -all exp=why.%{d}").has("why.x.test", text);
        assertThat(verify(FOUR, "user@x.test", "h").explanation()).isEqualTo(explanation);
    }

    @Test
    void an_explanation_is_one_line_that_is_not_long() {
        dns.has("x.test", "v=spf1 -all exp=why.test").has("why.test", "x".repeat(5000));
        dns.fails("TXT why.test", Fault.TRUNCATED);
        assertThat(verify(FOUR, "user@x.test", "h").explanation()).isEqualTo("x".repeat(200));
        dns.has("y.test", "v=spf1 -all exp=lines.test").has("lines.test", "a\\013\\010b");
        assertThat(verify(FOUR, "user@y.test", "h").explanation()).isEmpty();
    }

    @Test
    void the_explanation_is_that_of_the_record_that_fails() {
        dns.has("x.test", "v=spf1 include:in.test redirect=to.test exp=x.why.test")
                .has("in.test", "v=spf1 -all exp=in.why.test")
                .has("to.test", "v=spf1 -all exp=to.why.test")
                .has("x.why.test", "x")
                .has("in.why.test", "in")
                .has("to.why.test", "to");
        assertThat(verify(FOUR, "user@x.test", "h").explanation()).isEqualTo("to");
        assertThat(dns.asked()).doesNotContain("TXT in.why.test", "TXT x.why.test");
    }

    @Test
    void what_matched_is_told() {
        zone();
        dns.has("x.test", "v=spf1 include:fail.test ~ip4:192.0.2.0/24 -all");
        assertThat(verify(FOUR, "user@x.test", "h").mechanism()).isEqualTo("~ip4:192.0.2.0/24");
    }

    @Test
    void silence_ends_in_time_and_is_no_fail() {
        zone();
        dns.has("x.test", "v=spf1 a:silent.test -all").fails("A silent.test", Fault.SILENT);
        SpfResult result = SpfVerifier.with(dns.resolver())
                .within(Duration.ofMillis(300))
                .verify(IpLiteral.parse(FOUR).orElseThrow(), MailFrom.parse("MAIL FROM:<a@x.test>"), "h");
        assertThat(result.code()).isEqualTo(Code.TEMPERROR);
    }

    @Test
    void a_client_that_nobody_knows_fails_nothing() {
        zone();
        assertThat(verify("0.0.0.0", "a@fail.test", "h").code()).isEqualTo(Code.TEMPERROR);
    }
}
