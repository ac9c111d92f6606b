package io.github.smtpproxy.internal.sasl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server's answers to good, bad and malformed responses; SCRAM has a test class of its own. */
class ServerExchangesTest {

    private static final String TOKEN = KnownUsers.tokenOf("pw");
    private static final String TOO_LONG = "x".repeat(9217);

    private final KnownUsers users = new KnownUsers(Map.of("tim", "pw", "t,i=m", "pw", "grün", "Schlüssel"));

    @ParameterizedTest
    @ValueSource(strings = {"\0tim\0pw", "tim\0tim\0pw"})
    void plain_lets_in_who_knows_the_password(String response) {
        assertThat(begun("PLAIN", response)).isEqualTo(new Success("tim"));
    }

    /** The examples of RFC 4013 §3, and different spellings of one name. */
    @ParameterizedTest
    @CsvSource({
        "gru\u0308n, Schlu\u0308ssel",
        "gr\u00ad\u00fcn, Schl\u00fcssel",
        "\uff47r\u00fcn, Schl\u00fcs\u200bsel",
        "gr\u00fcn, \uff33chl\u00fcssel"
    })
    void plain_and_login_prepare_names_and_passwords(String user, String password) {
        assertThat(begun("PLAIN", "\0" + user + "\0" + password)).isEqualTo(new Success("grün"));
        assertThat(begun("PLAIN", "grün\0" + user + "\0" + password)).isEqualTo(new Success("grün"));
        ServerExchange login = exchange("LOGIN");
        login.start(Optional.of(Text.utf8(user)));
        assertThat(login.respond(Text.utf8(password))).isEqualTo(new Success("grün"));
    }

    @Test
    void a_password_that_is_kept_as_it_was_typed_is_right_as_it_is_typed() {
        KnownUsers typed = new KnownUsers(Map.of("tim", "\u2168"));
        ServerExchange plain = ServerExchanges.open("PLAIN", typed).orElseThrow();
        assertThat(plain.start(Optional.of(Text.utf8("\0tim\0\u2168")))).isEqualTo(new Success("tim"));
    }

    @Test
    void a_space_of_any_kind_is_a_space() {
        KnownUsers spaced = new KnownUsers(Map.of("tim", "open sesame"));
        ServerExchange plain = ServerExchanges.open("PLAIN", spaced).orElseThrow();
        assertThat(plain.start(Optional.of(Text.utf8("\0tim\0open\u00a0sesame"))))
                .isEqualTo(new Success("tim"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\tb", "\ue000", "\u00ad", "\u0627\u0031", "\ufffd", "x\u2028"})
    void what_no_password_may_have_fails_the_login(String prohibited) {
        KnownUsers any = new KnownUsers(Map.of("tim", prohibited, prohibited, "pw"));
        for (String said : List.of("\0tim\0" + prohibited, "\0" + prohibited + "\0pw")) {
            ServerExchange plain = ServerExchanges.open("PLAIN", any).orElseThrow();
            assertThat(plain.start(Optional.of(Text.utf8(said)))).isEqualTo(new Failure(Kind.INVALID));
        }
    }

    @Test
    void what_unicode_got_later_is_taken_as_it_is() {
        KnownUsers later = new KnownUsers(Map.of("tim", "\ud83d\ude00"));
        ServerExchange plain = ServerExchanges.open("PLAIN", later).orElseThrow();
        assertThat(plain.start(Optional.of(Text.utf8("\0tim\0\ud83d\ude00")))).isEqualTo(new Success("tim"));
    }

    @Test
    void plain_is_utf_8() {
        assertThat(begun("PLAIN", "\0grün\0Schlüssel")).isEqualTo(new Success("grün"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0tim\0PW", "\0tim\0pw ", "\0nobody\0pw", "\0Tim\0pw", "boss\0tim\0pw", "tim\0nobody\0pw"})
    void plain_keeps_all_others_out(String response) {
        assertThat(begun("PLAIN", response)).isEqualTo(new Failure(Kind.INVALID));
    }

    @Test
    void nobody_is_asked_about_one_who_acts_for_another() {
        assertThat(begun("PLAIN", "boss\0tim\0pw")).isEqualTo(new Failure(Kind.INVALID));
        assertThat(users.asked()).isEmpty();
    }

    @Test
    void without_an_initial_response_the_client_is_asked_for_it() {
        for (String mechanism : List.of("PLAIN", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-256")) {
            assertThat(challenge(exchange(mechanism).start(Optional.empty())))
                    .as(mechanism)
                    .isEmpty();
        }
        ServerExchange plain = exchange("PLAIN");
        plain.start(Optional.empty());
        assertThat(plain.respond(Text.utf8("\0tim\0pw"))).isEqualTo(new Success("tim"));
    }

    @Test
    void login_asks_for_the_name_and_then_the_password() {
        ServerExchange login = exchange("LOGIN");
        assertThat(challenge(login.start(Optional.empty()))).isEqualTo("Username:");
        assertThat(challenge(login.respond(Text.utf8("tim")))).isEqualTo("Password:");
        assertThat(login.respond(Text.utf8("pw"))).isEqualTo(new Success("tim"));
    }

    @Test
    void login_takes_an_initial_response_for_the_name() {
        ServerExchange login = exchange("LOGIN");
        assertThat(challenge(login.start(Optional.of(Text.utf8("tim"))))).isEqualTo("Password:");
        assertThat(login.respond(Text.utf8("pw"))).isEqualTo(new Success("tim"));
    }

    @ParameterizedTest
    @CsvSource({"tim, PW", "nobody, pw"})
    void login_does_not_tell_an_unknown_name_from_a_wrong_password(String user, String password) {
        ServerExchange login = exchange("LOGIN");
        assertThat(challenge(login.start(Optional.of(Text.utf8(user))))).isEqualTo("Password:");
        assertThat(login.respond(Text.utf8(password))).isEqualTo(new Failure(Kind.INVALID));
    }

    static final List<String> GOOD_XOAUTH2 = List.of(
            "user=tim\1auth=Bearer " + TOKEN + "\1\1",
            "user=tim\1auth=bearer   " + TOKEN + "\1\1",
            "user=tim\1host=x\1auth=BEARER " + TOKEN + "\1\1");

    @ParameterizedTest
    @FieldSource("GOOD_XOAUTH2")
    void xoauth2_lets_in_whose_token_holds(String response) {
        assertThat(begun("XOAUTH2", response)).isEqualTo(new Success("tim"));
    }

    static final List<String> GOOD_OAUTHBEARER = List.of(
            "n,a=tim,\1auth=Bearer " + TOKEN + "\1\1",
            "y,a=tim,\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=tim,\1host=server.example.com\1port=587\1auth=bearer " + TOKEN + "\1\1");

    @ParameterizedTest
    @FieldSource("GOOD_OAUTHBEARER")
    void oauthbearer_lets_in_whose_token_holds(String response) {
        assertThat(begun("OAUTHBEARER", response)).isEqualTo(new Success("tim"));
    }

    @Test
    void oauthbearer_undoes_the_quoting_of_a_saslname() {
        assertThat(begun("OAUTHBEARER", "n,a=t=2Ci=3Dm,\1auth=Bearer " + TOKEN + "\1\1"))
                .isEqualTo(new Success("t,i=m"));
    }

    @ParameterizedTest
    @CsvSource({
        "XOAUTH2, user=tim, '{\"status\":\"401\",\"schemes\":\"bearer\"}'",
        "XOAUTH2, user=nobody, '{\"status\":\"401\",\"schemes\":\"bearer\"}'",
        "OAUTHBEARER, 'n,a=tim,', '{\"status\":\"invalid_token\"}'",
        "OAUTHBEARER, 'n,a=nobody,', '{\"status\":\"invalid_token\"}'"
    })
    void a_token_that_does_not_hold_is_refused_once_the_client_has_read_the_error(
            String mechanism, String name, String error) {
        ServerExchange exchange = exchange(mechanism);
        Answer answer = exchange.start(Optional.of(Text.utf8(name + "\1auth=Bearer wrong\1\1")));
        assertThat(challenge(answer)).isEqualTo(error);
        // a second attempt in its place does not count
        assertThat(exchange.respond(Text.utf8(name + "\1auth=Bearer " + TOKEN + "\1\1")))
                .isEqualTo(new Failure(Kind.INVALID));
    }

    static final List<String> NOT_PLAIN = List.of(
            "", "\0", "tim", "tim\0pw", "\0tim\0", "\0\0pw", "\0\0", "\0tim\0pw\0", "\0tim\0p\0w", "\0\0\0", TOO_LONG);

    @ParameterizedTest
    @FieldSource("NOT_PLAIN")
    void what_is_not_plain_is_malformed(String response) {
        assertMalformed("PLAIN", response);
    }

    static final List<String> NOT_LOGIN = List.of("", "\0", "ti\0m", TOO_LONG);

    @ParameterizedTest
    @FieldSource("NOT_LOGIN")
    void what_is_no_name_or_password_of_login_is_malformed(String response) {
        assertMalformed("LOGIN", response);
        ServerExchange login = exchange("LOGIN");
        login.start(Optional.of(Text.utf8("tim")));
        assertThat(login.respond(Text.utf8(response))).isEqualTo(new Failure(Kind.MALFORMED));
    }

    static final List<String> NOT_XOAUTH2 = List.of(
            "",
            "\1",
            "\1\1",
            "user=tim",
            "user=tim\1\1",
            "user=tim\1auth=Bearer " + TOKEN,
            "user=tim\1auth=Bearer " + TOKEN + "\1",
            "user=\1auth=Bearer " + TOKEN + "\1\1",
            "user=t\0m\1auth=Bearer " + TOKEN + "\1\1",
            "user=tim\r\n\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=tim,\1auth=Bearer " + TOKEN + "\1\1",
            "auth=Bearer " + TOKEN + "\1user=tim\1\1",
            "user=tim\1auth=Bearer\1\1",
            "user=tim\1auth=Bearer \1\1",
            "user=tim\1auth=Basic " + TOKEN + "\1\1",
            "user=tim\1auth=Bearer a b\1\1",
            "user=tim\1auth=Bearer =\1\1",
            "user=tim\1auth=Bearer tök\1\1",
            "user=tim\1auth=Bearer " + TOKEN + "\1auth=Bearer " + TOKEN + "\1\1",
            "user=tim\1auth=Bearer " + TOO_LONG + "\1\1");

    @ParameterizedTest
    @FieldSource("NOT_XOAUTH2")
    void what_is_not_xoauth2_is_malformed(String response) {
        assertMalformed("XOAUTH2", response);
    }

    static final List<String> NOT_OAUTHBEARER = List.of(
            "",
            "\1",
            "\1\1",
            "n,a=tim,\1\1",
            "n,a=tim,\1auth=Bearer " + TOKEN,
            "n,,\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=,\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=tim\1auth=Bearer " + TOKEN + "\1\1",
            "n,tim,\1auth=Bearer " + TOKEN + "\1\1",
            "p=tls-unique,a=tim,\1auth=Bearer " + TOKEN + "\1\1",
            "x,a=tim,\1auth=Bearer " + TOKEN + "\1\1",
            "N,a=tim,\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=t=m,\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=t=2cm,\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=t=2,\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=t\0m,\1auth=Bearer " + TOKEN + "\1\1",
            "user=tim\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=tim,\1auth=Bearer " + TOKEN + "\1auth=Bearer " + TOKEN + "\1\1",
            "n,a=tim,\1auth=" + TOKEN + "\1\1",
            "n,a=tim,\1auth=Bearer " + TOO_LONG + "\1\1");

    @ParameterizedTest
    @FieldSource("NOT_OAUTHBEARER")
    void what_is_not_oauthbearer_is_malformed(String response) {
        assertMalformed("OAUTHBEARER", response);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-256"})
    void octets_that_are_no_utf_8_are_malformed(String mechanism) {
        byte[] latin1 = {0, 't', 'i', 'm', 0, (byte) 0xfc};
        byte[] overlongNul = {(byte) 0xc0, (byte) 0x80, 't', 0, 'x'};
        byte[] surrogate = {0, (byte) 0xed, (byte) 0xa0, (byte) 0x80, 0, 'x'};
        for (byte[] octets : List.of(latin1, overlongNul, surrogate)) {
            assertThat(exchange(mechanism).start(Optional.of(octets))).isEqualTo(new Failure(Kind.MALFORMED));
        }
        assertThat(users.asked()).isEmpty();
    }

    @Test
    void a_response_may_be_as_long_as_rfc_4954_has_it_and_no_longer() {
        String most = "x".repeat(9216 - 5);
        assertThat(begun("PLAIN", "\0tim\0" + most)).isEqualTo(new Failure(Kind.INVALID));
        assertThat(begun("PLAIN", "\0tim\0" + most + "x")).isEqualTo(new Failure(Kind.MALFORMED));
    }

    @ParameterizedTest
    @CsvSource({
        "PLAIN, '\0tim\0pw'",
        "LOGIN, pw",
        "XOAUTH2, 'user=tim\1auth=Bearer t\1\1'",
        "OAUTHBEARER, 'n,a=tim,\1auth=Bearer t\1\1'",
        "SCRAM-SHA-256, 'n,,n=tim,r=nonce'"
    })
    void an_authenticator_that_throws_is_a_temporary_failure(String mechanism, String response) {
        for (Exception exception : List.of(new IllegalStateException("pw"), new Exception("undeclared"))) {
            ServerExchange exchange =
                    ServerExchanges.open(mechanism, new FailingUsers(exception)).orElseThrow();
            if (mechanism.equals("LOGIN")) {
                exchange.start(Optional.of(Text.utf8("tim")));
            }
            Failure failure = (Failure) exchange.respond(Text.utf8(response));
            assertThat(failure.kind()).isEqualTo(Kind.TEMPORARY);
            assertThat(failure.cause().orElseThrow())
                    .hasMessage("the authenticator failed with "
                            + exception.getClass().getName())
                    .hasNoCause();
        }
    }

    @Test
    void the_replies_are_those_of_rfc_4954() {
        assertThat(Kind.INVALID.reply().wireLines()).containsExactly("535 5.7.8 Authentication credentials invalid");
        assertThat(Kind.MALFORMED.reply().wireLines()).allMatch(line -> line.startsWith("501 5.5.2 "));
        assertThat(Kind.TEMPORARY.reply().wireLines()).allMatch(line -> line.startsWith("454 4.7.0 "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0tim\0pw", "\0tim\0PW", "tim"})
    void an_exchange_that_is_over_takes_no_more(String response) {
        ServerExchange plain = exchange("PLAIN");
        plain.start(Optional.of(Text.utf8(response)));
        assertThatIllegalStateException().isThrownBy(() -> plain.respond(Text.utf8("\0tim\0pw")));
    }

    @Test
    void what_is_offered_is_opened_in_any_case_and_nothing_else() {
        Authenticator byDefault = (user, password) -> true;
        assertThat(ServerExchanges.offered(byDefault)).containsExactly("PLAIN", "LOGIN");
        assertThat(ServerExchanges.open("pLaIn", byDefault)).isPresent();
        for (String mechanism : List.of("SCRAM-SHA-256", "XOAUTH2", "CRAM-MD5", "PLAIN ", "")) {
            assertThat(ServerExchanges.open(mechanism, byDefault)).as(mechanism).isEmpty();
        }
        assertThat(ServerExchanges.offered(users)).isEqualTo(users.mechanisms());
    }

    static final List<List<String>> NOT_TO_OFFER = List.of(
            List.of(), List.of("PLAIN", "PLAIN"), List.of("CRAM-MD5"), List.of("plain"), List.of("PLAIN", "LOGIN", ""));

    @ParameterizedTest
    @FieldSource("NOT_TO_OFFER")
    void an_offer_of_nothing_of_one_twice_or_of_an_unknown_one_is_told(List<String> mechanisms) {
        Authenticator wrong = new FailingUsers(new IllegalStateException(), mechanisms);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerExchanges.offered(wrong))
                .withMessageStartingWith("mechanisms of an authenticator must be one or more of"
                        + " [LOGIN, OAUTHBEARER, PLAIN, SCRAM-SHA-256, XOAUTH2], each once, were ")
                .withMessageEndingWith(mechanisms.toString());
    }

    private ServerExchange exchange(String mechanism) {
        return ServerExchanges.open(mechanism, users).orElseThrow();
    }

    private Answer begun(String mechanism, String initialResponse) {
        return exchange(mechanism).start(Optional.of(Text.utf8(initialResponse)));
    }

    private void assertMalformed(String mechanism, String response) {
        assertThat(begun(mechanism, response)).isEqualTo(new Failure(Kind.MALFORMED));
        ServerExchange asked = exchange(mechanism);
        asked.start(Optional.empty());
        assertThat(asked.respond(Text.utf8(response))).isEqualTo(new Failure(Kind.MALFORMED));
        assertThat(users.asked()).isEmpty();
    }

    private static String challenge(Answer answer) {
        assertThat(answer).isInstanceOf(Challenge.class);
        return Text.of(((Challenge) answer).octets());
    }
}
