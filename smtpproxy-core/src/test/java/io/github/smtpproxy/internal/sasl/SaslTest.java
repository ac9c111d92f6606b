package io.github.smtpproxy.internal.sasl;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import io.github.smtpproxy.route.Credentials.Password;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Clients and servers against the examples in the RFCs. */
class SaslTest {

    @Test
    void both_ends_of_scram_say_what_rfc_7677_shows() {
        byte[] salt = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
        ScramServer server = new ScramServer(
                new Authenticator() {
                    @Override
                    public boolean accepts(String user, String password) {
                        return false;
                    }

                    @Override
                    public Optional<ScramSecret> scram(String user) {
                        return Optional.of(ScramSecret.of("pencil", salt, 4096));
                    }
                },
                () -> "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        ScramSha256Client client = new ScramSha256Client(new Password("user", "pencil"), () -> "rOprNGfwEbeRWgbNEkqO");
        byte[] first = ((Challenge) server.respond(client.initialResponse().get())).octets();
        byte[] proof = client.respond(first);
        assertThat(Text.of(proof)).endsWith("p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        byte[] last = ((Challenge) server.respond(proof)).octets();
        assertThat(Text.of(last)).isEqualTo("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assertThat(client.isComplete()).isFalse();
        assertThat(server.respond(client.respond(last))).isEqualTo(new Success("user"));
        assertThat(client.isComplete()).isTrue();
    }

    @Test
    void cram_md5_says_what_rfc_2195_shows() {
        byte[] response = SimpleClient.cramMd5(new Password("tim", "tanstaaftanstaaf"))
                .respond(Text.utf8("<1896.697170952@postoffice.reston.mci.net>"));
        assertThat(Text.of(response)).isEqualTo("tim b913a602c7eda7a495b4e6e7334d3890");
    }

    @Test
    void only_what_can_be_relayed_is_left_of_an_auth_line() {
        assertThat(Mechanisms.filteredLine(
                        "AUTH=PLAIN GSSAPI X-NEW SCRAM-SHA-1-PLUS", m -> Mechanisms.relayable(m, true)))
                .contains("AUTH=PLAIN X-NEW");
        assertThat(Mechanisms.filteredLine("AUTH GSSAPI EXTERNAL", m -> Mechanisms.relayable(m, true)))
                .isEmpty();
    }
}
