package io.github.smtpproxy.internal.sasl;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.authentication.ScramSecret;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server of SCRAM-SHA-256 against a small client (RFC 5802 §3) that can falsify each message. */
class ScramServerTest {

    private static final UnaryOperator<String> RIGHT = UnaryOperator.identity();

    private final KnownUsers users = new KnownUsers(Map.of("tim", "pw", "t,i=m", "pw"));
    private final ServerExchange server =
            ServerExchanges.open("SCRAM-SHA-256", users).orElseThrow();

    @ParameterizedTest
    @CsvSource({
        "'n,,', 'n=tim', tim",
        "'y,,', 'n=tim', tim",
        "'n,a=tim,', 'n=tim', tim",
        "'n,,', 'n=t=2Ci=3Dm', 't,i=m'",
        "'n,a=t=2Ci=3Dm,', 'n=t=2Ci=3Dm', 't,i=m'"
    })
    void the_password_lets_in(String gs2Header, String name, String user) {
        ScramPeer peer = new ScramPeer(gs2Header, name + ",r=nonce", "pw");
        byte[] last = challenge(server.respond(peer.proof(first(peer))));
        assertThat(Text.of(last)).isEqualTo("v=" + peer.serverSignature());
        assertThat(server.respond(new byte[0])).isEqualTo(new Success(user));
    }

    @Test
    void the_client_is_given_salt_iterations_and_a_longer_nonce() {
        String first = first(new ScramPeer("n,,", "n=tim,r=nonce", "pw"));
        String salt = Base64.getEncoder().encodeToString(KnownUsers.saltOf("tim"));
        assertThat(first).matches("r=nonce[A-Za-z0-9+/]{24},s=" + salt + ",i=4096");
    }

    @Test
    void no_two_exchanges_have_the_same_nonce() {
        List<String> firsts = IntStream.range(0, 100)
                .mapToObj(i -> firstOf("tim").split(",")[0])
                .distinct()
                .toList();
        assertThat(firsts).hasSize(100);
    }

    @Test
    void an_extension_that_is_optional_is_let_be_but_counts_in_the_proof() {
        ScramPeer peer = new ScramPeer("n,,", "n=tim,r=nonce,x=1,y=2", "pw");
        String first = first(peer);
        assertThat(server.respond(peer.proof(first, bare -> bare + ",z=3", RIGHT)))
                .isInstanceOf(Challenge.class);
    }

    @Test
    void a_wrong_password_is_refused() {
        ScramPeer peer = new ScramPeer("n,,", "n=tim,r=nonce", "PW");
        assertThat(server.respond(peer.proof(first(peer)))).isEqualTo(new Failure(Kind.INVALID));
    }

    @Test
    void one_who_acts_for_another_is_refused_at_the_end() {
        ScramPeer peer = new ScramPeer("n,a=boss,", "n=tim,r=nonce", "pw");
        assertThat(server.respond(peer.proof(first(peer)))).isEqualTo(new Failure(Kind.INVALID));
    }

    @Test
    void one_bit_of_the_proof_counts() {
        ScramPeer peer = new ScramPeer("n,,", "n=tim,r=nonce", "pw");
        UnaryOperator<String> flipped = proof -> (proof.startsWith("A") ? "B" : "A") + proof.substring(1);
        assertThat(server.respond(peer.proof(first(peer), RIGHT, flipped))).isEqualTo(new Failure(Kind.INVALID));
    }

    @Test
    void the_stored_key_is_no_proof() {
        // A thief of the stored secrets cannot log in: XOR with the signature gives the stored key, not the client key.
        ScramPeer peer = new ScramPeer("n,,", "n=tim,r=nonce", "pw");
        ScramSecret stolen = users.scram("tim").orElseThrow();
        assertThat(server.respond(peer.proofBy(first(peer), stolen.storedKey())))
                .isEqualTo(new Failure(Kind.INVALID));
    }

    @ParameterizedTest
    @ValueSource(strings = {"n,,", "y,,", "n,a=tim,", "p=tls-unique,,", ""})
    void a_gs2_header_that_changes_on_the_way_is_refused_with_a_right_proof(String other) {
        // RFC 5802 §6: the flag is repeated, so that a man in the middle cannot remove channel binding.
        ScramPeer peer = new ScramPeer("y,a=tim,", "n=tim,r=nonce", "pw");
        String changed = "c=" + Text.base64(Text.utf8(other));
        UnaryOperator<String> bare = text -> changed + text.substring(text.indexOf(",r="));
        assertThat(server.respond(peer.proof(first(peer), bare, RIGHT))).isEqualTo(new Failure(Kind.INVALID));
    }

    static final List<UnaryOperator<String>> OTHER_NONCES = List.of(
            nonce -> "nonce",
            nonce -> nonce.substring(1),
            nonce -> nonce + "x",
            nonce -> "x" + nonce,
            nonce -> "NONCE" + nonce.substring(5));

    @ParameterizedTest
    @FieldSource("OTHER_NONCES")
    void another_nonce_is_refused_with_a_right_proof(UnaryOperator<String> other) {
        ScramPeer peer = new ScramPeer("n,,", "n=tim,r=nonce", "pw");
        UnaryOperator<String> bare = text -> {
            int nonce = text.indexOf(",r=") + 3;
            return text.substring(0, nonce) + other.apply(text.substring(nonce));
        };
        assertThat(server.respond(peer.proof(first(peer), bare, RIGHT))).isEqualTo(new Failure(Kind.INVALID));
    }

    @Test
    void a_proof_of_one_exchange_is_none_in_the_next() {
        ScramPeer peer = new ScramPeer("n,,", "n=tim,r=nonce", "pw");
        byte[] proof = peer.proof(first(peer));
        ServerExchange next = ServerExchanges.open("SCRAM-SHA-256", users).orElseThrow();
        next.start(Optional.of(peer.first()));
        assertThat(next.respond(proof)).isEqualTo(new Failure(Kind.INVALID));
    }

    @Test
    void an_unknown_user_looks_like_a_wrong_password() {
        String nobody = firstOf("nobody");
        assertThat(nobody).matches("r=nonce[A-Za-z0-9+/]{24},s=[A-Za-z0-9+/]{22}==,i=15000");
        assertThat(saltIn(firstOf("nobody"))).as("as a real one stays").isEqualTo(saltIn(nobody));
        assertThat(saltIn(firstOf("nobody2"))).as("as real ones differ").isNotEqualTo(saltIn(nobody));
        ScramPeer peer = new ScramPeer("n,,", "n=nobody,r=nonce", "pw");
        assertThat(server.respond(peer.proof(first(peer)))).isEqualTo(new Failure(Kind.INVALID));
    }

    @Test
    void what_is_invented_has_the_form_of_a_secret_made_of_a_password() {
        ScramSecret real = ScramSecret.of("pw");
        String nobody = firstOf("nobody");
        assertThat(Base64.getDecoder().decode(saltIn(nobody))).hasSameSizeAs(real.salt());
        assertThat(nobody).endsWith(",i=" + real.iterations());
    }

    @Test
    void success_needs_the_client_to_acknowledge_the_signature() {
        ScramPeer peer = new ScramPeer("n,,", "n=tim,r=nonce", "pw");
        server.respond(peer.proof(first(peer)));
        assertThat(server.respond(Text.utf8("x"))).isEqualTo(new Failure(Kind.MALFORMED));
    }

    static final List<String> NO_FIRST = List.of(
            "",
            "n",
            "n,,",
            "n,,n=tim",
            "n,,n=tim,r=",
            "n,,n=,r=nonce",
            "n,,n=tim,r=non\tce",
            "n,,n=tim,r=nön",
            "n,,n=tim,r=non ce",
            "n,,r=nonce,n=tim",
            "n,,n=tim,r=nonce\0",
            "n,,n=t\0m,r=nonce",
            "n,,n=t=m,r=nonce",
            "n,,n=t=2cm,r=nonce",
            "n,,m=must,n=tim,r=nonce",
            "n,tim,n=tim,r=nonce",
            "n,a=,n=tim,r=nonce",
            "n,a=t=m,n=tim,r=nonce",
            "N,,n=tim,r=nonce",
            "p=tls-unique,,n=tim,r=nonce",
            "p=tls-exporter,a=tim,n=tim,r=nonce",
            "x,,n=tim,r=nonce",
            "n=tim,r=nonce",
            " n,,n=tim,r=nonce",
            "n,,n=tim,r=nonce,\n",
            "c=biws,r=nonce,p=AAAA",
            "n,,n=tim,r=" + "x".repeat(9216));

    @ParameterizedTest
    @FieldSource("NO_FIRST")
    void what_is_no_first_message_is_malformed_before_anybody_is_asked(String message) {
        assertThat(server.start(Optional.of(Text.utf8(message)))).isEqualTo(new Failure(Kind.MALFORMED));
        assertThat(users.asked()).isEmpty();
    }

    private static final String PROOF = "A".repeat(43) + "=";

    static final List<String> NO_FINAL = List.of(
            "",
            "c=biws,r=NONCE",
            "c=biws,r=NONCE,p=",
            "c=biws,r=NONCE,p=" + "A".repeat(40),
            "c=biws,r=NONCE,p=" + "A".repeat(88),
            "c=biws,r=NONCE,p=" + "*".repeat(43) + "=",
            "c=biws,r=NONCE,p=" + PROOF + "\n",
            "c=biws,r=NONCE,p=" + PROOF + ",x=1",
            "c=*,r=NONCE,p=" + PROOF,
            "c=b,r=NONCE,p=" + PROOF,
            "r=NONCE,c=biws,p=" + PROOF,
            "c=biws,p=" + PROOF,
            "c=biws,r=,p=" + PROOF,
            "c=biws,r=NONCE,p=" + PROOF + "\0",
            "n,,n=tim,r=nonce",
            "c=biws,r=NONCE," + "x".repeat(9216) + ",p=" + PROOF);

    @ParameterizedTest
    @FieldSource("NO_FINAL")
    void what_is_no_final_message_is_malformed(String message) {
        String nonce = firstOf(server, "tim").substring(2).split(",")[0];
        assertThat(server.respond(Text.utf8(message.replace("NONCE", nonce)))).isEqualTo(new Failure(Kind.MALFORMED));
    }

    private String first(ScramPeer peer) {
        return Text.of(challenge(server.start(Optional.of(peer.first()))));
    }

    private String firstOf(String user) {
        return firstOf(ServerExchanges.open("SCRAM-SHA-256", users).orElseThrow(), user);
    }

    private static String firstOf(ServerExchange exchange, String user) {
        return Text.of(challenge(exchange.start(Optional.of(Text.utf8("n,,n=" + user + ",r=nonce")))));
    }

    private static String saltIn(String first) {
        return first.split(",")[1].substring(2);
    }

    private static byte[] challenge(Answer answer) {
        assertThat(answer).isInstanceOf(Challenge.class);
        return ((Challenge) answer).octets();
    }
}
