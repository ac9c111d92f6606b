package io.github.smtpproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an address is, and when two domains are the same; no octet of one can begin another line. */
class AddressTest {

    static Stream<String> charactersOfNoAddress() {
        return IntStream.concat(IntStream.range(0, ' '), IntStream.of(0x7F)).mapToObj(Character::toString);
    }

    @ParameterizedTest
    @MethodSource("charactersOfNoAddress")
    void no_control_character_gets_into_an_address_however_it_is_quoted(String c) {
        for (String address : new String[] {
            "a" + c + "@c.test",
            "\"a" + c + "b\"@c.test",
            "\"a\\" + c + "b\"@c.test",
            "a\\" + c + "@c.test",
            "a@c" + c + ".test",
            "a@c.test" + c,
            c + "a@c.test",
            "a@[127.0.0.1" + c + "]",
            "a" + c
        }) {
            assertThatIllegalArgumentException().isThrownBy(() -> Mailbox.of(address));
            assertThatIllegalArgumentException().isThrownBy(() -> Mailbox.parse(address));
            assertThatIllegalArgumentException().isThrownBy(() -> MailFrom.parse("MAIL FROM:<" + address + ">"));
            assertThatIllegalArgumentException().isThrownBy(() -> RcptTo.parse("RCPT TO:<" + address + ">"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u010a@c.test", "\"a\u010d\u010ab\"@c.test", "a@\u0100.test", "\"a\\\u010a\"@c.test"})
    void what_is_no_octet_does_not_get_onto_the_wire_as_one(String octets) {
        assertThatIllegalArgumentException().isThrownBy(() -> Mailbox.parse(octets));
        assertThatIllegalArgumentException().isThrownBy(() -> MailFrom.parse("MAIL FROM:<" + octets + ">"));
        assertThatIllegalArgumentException().isThrownBy(() -> RcptTo.parse("RCPT TO:<" + octets + ">"));
        assertThatIllegalArgumentException().isThrownBy(() -> Parameters.parse("X=" + octets));
        assertThatIllegalArgumentException().isThrownBy(() -> Parameters.none().replace("X=" + octets));
        assertThatIllegalArgumentException().isThrownBy(() -> new Hello(true, octets));
    }

    @Test
    void text_beyond_latin_is_utf_8_on_the_wire() {
        assertThat(Mailbox.of("\u010a@c.test").octets()).isEqualTo("\u00c4\u008a@c.test");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SIZE=1 SIZE=2", "SIZE=1 size=1", "BODY=7BIT X Body=8BITMIME", "X X", "X=1 X", "X X=1"})
    void a_parameter_is_said_once(String parameters) {
        assertThatExceptionOfType(AmbiguousSyntaxException.class)
                .isThrownBy(() -> Parameters.parse(parameters))
                .matches(e -> !e.inAddress());
        assertThatExceptionOfType(AmbiguousSyntaxException.class)
                .isThrownBy(() -> MailFrom.parse("MAIL FROM:<a@c.test> " + parameters));
        assertThatExceptionOfType(AmbiguousSyntaxException.class)
                .isThrownBy(() -> RcptTo.parse("RCPT TO:<a@c.test> " + parameters));
    }

    @Test
    void parameters_of_which_one_is_longer_are_two() {
        assertThat(Parameters.parse("SIZE=1 SIZES=2 SIZ=3").keywords()).containsExactly("SIZE", "SIZES", "SIZ");
    }

    @ParameterizedTest
    @CsvSource({
        "a@ours.test, ours.test",
        "a@OURS.test, ours.test",
        "a@ours.test, Ours.TEST",
        "\"b@other.test\"@ours.test, ours.test",
        "a@m\u00fcnchen.test, m\u00fcnchen.test",
        "a@M\u00dcNCHEN.test, m\u00fcnchen.test",
        "a@m\u00fcnchen.test, xn--mnchen-3ya.test",
        "a@xn--mnchen-3ya.test, m\u00fcnchen.test",
        "a@XN--MNCHEN-3YA.test, M\u00dcnchen.TEST",
        "a@stra\u00dfe.test, xn--strae-oqa.test",
        "a@\u4f8b\u5b50.\u6d4b\u8bd5, xn--fsqu00a.xn--0zwm56d",
        "a@\u043f\u0440\u0438\u043c\u0435\u0440.test, xn--e1afmkfd.test"
    })
    void domains_are_compared_as_names(String address, String domain) {
        assertThat(Mailbox.of(address).isAt(domain)).isTrue();
        assertThat(MailFrom.of(Mailbox.of(address)).isFrom(domain)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "a@ours.test, other.test",
        "a@ours.test, urs.test",
        "\"a@ours.test\"@other.test, ours.test",
        "a@stra\u00dfe.test, strasse.test",
        "a@\u043eurs.test, ours.test"
    })
    void what_only_looks_alike_is_another_name(String address, String domain) {
        assertThat(Mailbox.of(address).isAt(domain)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a@\uff4furs.test",
                "a@ours\u3002test",
                "a@ours\ufe0f.test",
                "a@our\u00adss.test",
                "a@our\u017f.test",
                "a@\u212aours.test",
                "a@ours\u200d.test",
                "a@o\u034furs.test"
            })
    void what_a_server_would_map_to_another_name_is_none(String address) {
        assertThatExceptionOfType(AmbiguousSyntaxException.class).isThrownBy(() -> Mailbox.of(address));
    }

    @Test
    void a_domain_is_as_long_as_the_dns_has_it() {
        assertThat(Mailbox.of("a@" + "x".repeat(63) + ".test").domain()).hasSize(68);
        assertThatIllegalArgumentException().isThrownBy(() -> Mailbox.of("a@" + "x".repeat(64) + ".test"));
        assertThatIllegalArgumentException().isThrownBy(() -> Mailbox.of("a@" + "x.".repeat(126) + "test"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ours.test.", "mail:25", "smtp://ours.test", "a@ours.test", "ours .test", "@ours.test"})
    void a_route_is_of_a_domain(String none) {
        Destination there = Destination.at("there.test", 25);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Router.byRecipientDomain().route(none, there))
                .withMessageContaining(none);
    }
}
