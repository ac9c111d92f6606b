package io.github.smtpproxy.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.protocol.IpLiteral;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAttributesTest {

    private static final Set<String> ALL =
            Set.of("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "IDENT", "SOURCE");

    @Test
    void only_listed_attributes_are_told() {
        ClientAttributes client = client("a+b=c", "u");
        assertThat(client.xclient(Set.of())).isEmpty();
        assertThat(client.xclient(Set.of("ADDR", "HELO")))
                .containsExactly("XCLIENT HELO=a+2Bb+3Dc ADDR=IPV6:2001:db8:0:0:0:0:0:1");
        assertThat(client.xforward("x1", ALL))
                .containsExactly("XFORWARD PORT=1234 PROTO=ESMTP HELO=a+2Bb+3Dc IDENT=x1 SOURCE=REMOTE"
                        + " NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8:0:0:0:0:0:1");
    }

    @Test
    void long_values_are_split_with_name_and_address_in_the_last_line() {
        List<String> lines = client("h".repeat(400), "l".repeat(255)).xclient(ALL);
        assertThat(lines).hasSize(2).allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(510));
        assertThat(lines.get(1)).endsWith("NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8:0:0:0:0:0:1");
    }

    @Test
    void a_login_goes_with_the_address_for_each_command_makes_postfix_forget_it() {
        List<String> lines = client("h".repeat(400), "l".repeat(255)).xclient(ALL);
        assertThat(lines.get(0)).contains(" HELO=" + "h".repeat(255) + " ").doesNotContain("LOGIN", "ADDR=IPV6");
        assertThat(lines.get(1)).startsWith("XCLIENT LOGIN=" + "l".repeat(255) + " NAME=");
    }

    @Test
    void a_long_name_goes_before_the_login() {
        String name = "n".repeat(60) + ("." + "n".repeat(60)).repeat(3);
        ClientAttributes client = ClientAttributes.parse("NAME=" + name + " ADDR=192.0.2.1 LOGIN=" + "l".repeat(255));
        assertThat(client.xclient(Set.of("NAME", "ADDR", "LOGIN")))
                .containsExactly("XCLIENT NAME=" + name, "XCLIENT LOGIN=" + "l".repeat(255) + " ADDR=192.0.2.1");
    }

    @Test
    void what_would_be_another_if_it_were_cut_is_unavailable() {
        assertThat(client("h", "l".repeat(256)).xclient(Set.of("LOGIN")))
                .containsExactly("XCLIENT LOGIN=[UNAVAILABLE]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ADDR=[UNAVAILABLE]", "ADDR=0.0.0.0", "ADDR=IPV6:::", "ADDR=[tempunavail]"})
    void an_unknown_address_has_no_port_and_is_nobodys(String said) {
        ClientAttributes client = ClientAttributes.parse(said + " PORT=25");
        assertThat(client.xclient(Set.of("ADDR"))).containsExactly("XCLIENT ADDR=[UNAVAILABLE]");
        assertThat(client.remote()).hasToString("unknown/0.0.0.0:0");
    }

    @Test
    void what_postfix_takes_for_no_host_name_is_unavailable() {
        for (String name : List.of("1.2.3.4", "a..b", "-a.test", "a.test.", "a+20b", "+C3+BC.test")) {
            assertThat(ClientAttributes.parse("NAME=" + name).xclient(Set.of("NAME")))
                    .containsExactly("XCLIENT NAME=[UNAVAILABLE]");
        }
    }

    @Test
    void a_value_too_long_for_a_line_is_unavailable() {
        assertThat(client("\u0000".repeat(200), "u").xclient(Set.of("HELO")))
                .containsExactly("XCLIENT HELO=[UNAVAILABLE]");
    }

    @Test
    void what_is_told_is_read_back() {
        ClientAttributes client = client("he+lo", "us=er");
        String line = client.xclient(ALL).get(0);
        assertThat(ClientAttributes.parse(line.substring("XCLIENT ".length()))).isEqualTo(client);
    }

    @Test
    void unavailable_values_are_empty_and_names_are_of_any_case() {
        assertThat(ClientAttributes.parse("name=[TEMPUNAVAIL] Addr=192.0.2.1 PROTO=smtp"))
                .isEqualTo(ClientAttributes.parse("ADDR=192.0.2.1 PROTO=SMTP"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "EVIL=1",
                "IDENT=1",
                "ADDR",
                "=",
                "ADDR=",
                "ADDR=evil.example",
                "ADDR=192.0.2.256",
                "ADDR=2001:db8::1",
                "ADDR=IPV6:192.0.2.1",
                "ADDR=IPV6:",
                "ADDR=127.1",
                "PORT=-1",
                "PORT=65536",
                "PORT=01",
                "PORT=999999999999",
                "PROTO=EVIL",
                "HELO=a+0D+0AEVIL",
                "HELO=a+00",
                "LOGIN=a+7F",
                "LOGIN=a+0a",
                "HELO=+",
                "HELO=+4",
                "HELO=a=b",
                "HELO=a HELO=b",
                "HELO=é"
            })
    void hostile_arguments_are_refused_without_their_text(String argument) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAttributes.parse(argument))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContainIgnoringCase("evil"));
    }

    @Test
    void xtext_is_strict_and_bounded() {
        assertThat(Xtext.decode("a+2B", 2)).contains("a+");
        assertThat(Xtext.decode("abc", 2)).isEmpty();
        assertThat(Xtext.decode("+2b", 9)).isEmpty();
        assertThat(Xtext.decode("a b", 9)).isEmpty();
        assertThat(Xtext.encode("\u00ff =")).isEqualTo("+FF+20+3D");
        assertThatIllegalArgumentException().isThrownBy(() -> Xtext.encode("\u0100"));
    }

    private static ClientAttributes client(String hello, String login) {
        return new ClientAttributes(
                Optional.empty(),
                IpLiteral.parse("2001:db8::1"),
                Optional.of(1234),
                Optional.of("ESMTP"),
                Optional.of(hello),
                Optional.of(login),
                IpLiteral.parse("192.0.2.9"),
                Optional.of(25));
    }
}
