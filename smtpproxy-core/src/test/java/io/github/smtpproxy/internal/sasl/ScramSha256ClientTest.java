package io.github.smtpproxy.internal.sasl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.smtpproxy.route.Credentials.Password;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client of SCRAM-SHA-256 against servers that are correct, malformed or false. */
class ScramSha256ClientTest {

    private static final String FIRST = "r=nonceX,s=c2FsdCBzYWx0,i=4096";

    private final ScramSha256Client client = new ScramSha256Client(new Password("tim", "pw"), () -> "nonce");
    private final ScramPeer peer = new ScramPeer("n,,", "n=tim,r=nonce", "pw");

    @ParameterizedTest
    @ValueSource(
            strings = {
                FIRST,
                "r=nonceX,s=c2FsdCBzYWx0,i=15000",
                "r=nonce!~-+9,s=c2FsdCBzYWx0,i=4096",
                "r=nonceX,s=AA==,i=4096"
            })
    void each_end_proves_itself_to_the_other(String first) {
        assertThat(client.initialResponse()).contains(peer.first());
        assertThat(client.respond(Text.utf8(first))).isEqualTo(peer.proof(first));
        assertThat(client.isComplete()).isFalse();
        assertThat(client.respond(Text.utf8("v=" + peer.serverSignature()))).isEmpty();
        assertThat(client.isComplete()).isTrue();
    }

    @Test
    void an_extension_of_the_last_message_is_let_be() {
        client.respond(Text.utf8(FIRST));
        peer.proof(FIRST);
        assertThat(client.respond(Text.utf8("v=" + peer.serverSignature() + ",x=1")))
                .isEmpty();
        assertThat(client.isComplete()).isTrue();
    }

    @Test
    void the_first_message_can_be_had_again() {
        assertThat(client.initialResponse().orElseThrow())
                .isEqualTo(client.initialResponse().orElseThrow());
        client.initialResponse().orElseThrow()[0] = 'x';
        assertThat(client.initialResponse()).contains(peer.first());
    }

    @ParameterizedTest
    @CsvSource({"'t,i=m', 't=2Ci=3Dm'", "grün, grün", "\u2168, IX"})
    void the_name_is_prepared_and_quoted(String user, String sent) {
        ScramSha256Client other = new ScramSha256Client(new Password(user, "pw"), () -> "nonce");
        assertThat(other.initialResponse()).contains(Text.utf8("n,,n=" + sent + ",r=nonce"));
    }

    @Test
    void nonces_are_long_and_never_the_same() {
        Password credentials = new Password("tim", "pw");
        byte[] one = new ScramSha256Client(credentials).initialResponse().orElseThrow();
        byte[] two = new ScramSha256Client(credentials).initialResponse().orElseThrow();
        assertThat(Text.of(one)).matches("n,,n=tim,r=[!-+\\--~]{24,}");
        assertThat(two).isNotEqualTo(one);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ue000", "\u06271", "\ufffd", "\u200e"})
    void a_name_that_saslprep_forbids_fails_before_anything_is_sent(String user) {
        failure(() -> new ScramSha256Client(new Password(user, "pw")))
                .withMessageStartingWith("SCRAM-SHA-256 failed with ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ue000", "\u06271", "\ufffd", "a\tb"})
    void a_password_that_saslprep_forbids_fails_the_exchange(String password) {
        ScramSha256Client other = new ScramSha256Client(new Password("tim", password), () -> "nonce");
        failure(() -> other.respond(Text.utf8(FIRST)))
                .withMessageStartingWith("SCRAM-SHA-256 failed with ")
                .withMessageNotContaining(password);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4095, 1_000_001, 10_000_000, Integer.MAX_VALUE})
    void iterations_out_of_bounds_are_refused_and_told(int iterations) {
        failure(() -> client.respond(Text.utf8("r=nonceX,s=c2FsdCBzYWx0,i=" + iterations)))
                .withMessage("iterations of SCRAM-SHA-256 must be between 4096 and 1000000, were " + iterations);
        assertThat(client.isComplete()).isFalse();
    }

    @Test
    void extensions_of_the_first_message_fail_it_before_a_proof_is_sent() {
        failure(() -> client.respond(Text.utf8(FIRST + ",x=1")))
                .withMessage("the server's first message of SCRAM-SHA-256 must be nonce, salt and iterations,"
                        + " without extensions");
    }

    static final List<String> NO_FIRST = List.of(
            "",
            "r=nonceX",
            "r=nonceX,s=c2FsdCBzYWx0",
            "r=nonceX,s=c2FsdCBzYWx0,i=",
            "r=nonceX,s=c2FsdCBzYWx0,i=0",
            "r=nonceX,s=c2FsdCBzYWx0,i=-4096",
            "r=nonceX,s=c2FsdCBzYWx0,i=4096x",
            "r=nonceX,s=c2FsdCBzYWx0,i=99999999999999999999",
            "r=nonceX,s=,i=4096",
            "r=nonceX,s=*,i=4096",
            "r=nonce,s=c2FsdCBzYWx0,i=4096",
            "r=NONCEX,s=c2FsdCBzYWx0,i=4096",
            "r=Xnonce,s=c2FsdCBzYWx0,i=4096",
            "r=X,s=c2FsdCBzYWx0,i=4096",
            "s=c2FsdCBzYWx0,r=nonceX,i=4096",
            "m=must,r=nonceX,s=c2FsdCBzYWx0,i=4096",
            "e=unknown-user",
            "v=c2FsdCBzYWx0",
            "Username:",
            ",,",
            "r=nonceX,s=c2FsdCBzYWx0,i=4096,");

    @ParameterizedTest
    @FieldSource("NO_FIRST")
    void what_is_no_first_message_fails_the_exchange(String first) {
        failure(() -> client.respond(Text.utf8(first)));
        assertThat(client.isComplete()).isFalse();
    }

    static final List<String> NO_FINAL = List.of(
            "",
            "v=",
            "v=*",
            "v=AAAA",
            "v=" + "A".repeat(43) + "=",
            "e=invalid-proof",
            "e=other-error",
            "e=of-its-own",
            "x=1",
            "m=must,v=AAAA",
            FIRST);

    @ParameterizedTest
    @FieldSource("NO_FINAL")
    void a_server_that_does_not_prove_itself_is_not_believed(String last) {
        client.respond(Text.utf8(FIRST));
        failure(() -> client.respond(Text.utf8(last)));
        assertThat(client.isComplete()).isFalse();
    }

    @Test
    void octets_that_are_no_utf_8_fail_the_exchange() {
        failure(() -> client.respond(new byte[] {'r', '=', (byte) 0xff}));
    }

    @Test
    void one_challenge_more_fails_the_exchange() {
        client.respond(Text.utf8(FIRST));
        peer.proof(FIRST);
        client.respond(Text.utf8("v=" + peer.serverSignature()));
        failure(() -> client.respond(new byte[0])).withMessage("unexpected further challenge of SCRAM-SHA-256");
    }

    private static ThrowableAssertAlternative<ExchangeFailedException> failure(ThrowingCallable exchange) {
        return assertThatExceptionOfType(ExchangeFailedException.class)
                .isThrownBy(exchange)
                .withNoCause();
    }
}
