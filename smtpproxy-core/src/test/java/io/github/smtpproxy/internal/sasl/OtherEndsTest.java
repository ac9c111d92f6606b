package io.github.smtpproxy.internal.sasl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.ongres.scram.client.ScramClient;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import io.github.smtpproxy.route.Credentials;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our clients and servers against those of other libraries. */
class OtherEndsTest {

    /** The block size of HMAC, which hashes a longer key first. */
    private static final String LONGER_THAN_A_BLOCK =
            "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp";

    @ParameterizedTest
    @CsvSource({"tim, pw", "tim, 'p w '", "grün, Schlüssel", "'t,i=m', '=,'", "tim, \uD83D\uDE00"})
    void the_plain_client_of_the_jdk_gets_in(String user, String password) throws SaslException {
        SaslClient client = client("PLAIN", user, password);
        Answer answer = server("PLAIN", user, password).start(Optional.of(client.evaluateChallenge(new byte[0])));
        assertThat(answer).isEqualTo(new Success(user));
        assertThat(client.isComplete()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"tim, pw", "grün, Schlüssel", "tim, " + LONGER_THAN_A_BLOCK})
    void the_cram_md5_server_of_the_jdk_lets_us_in(String user, String password) throws SaslException {
        SaslServer server = Sasl.createSaslServer("CRAM-MD5", "smtp", "host", null, told(user, password));
        ClientExchange ours = ClientExchanges.choose(Credentials.password(user, password), List.of("CRAM-MD5"), false)
                .orElseThrow();
        byte[] challenge = server.evaluateResponse(new byte[0]);
        assertThat(server.evaluateResponse(ours.respond(challenge))).isNull();
        assertThat(server.isComplete()).isTrue();
        assertThat(server.getAuthorizationID()).isEqualTo(user);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PW", "pw "})
    void the_cram_md5_server_of_the_jdk_refuses_us_with_a_wrong_password(String wrong) throws SaslException {
        SaslServer server = Sasl.createSaslServer("CRAM-MD5", "smtp", "host", null, told("tim", "pw"));
        ClientExchange ours = ClientExchanges.choose(Credentials.password("tim", wrong), List.of("CRAM-MD5"), false)
                .orElseThrow();
        byte[] response = ours.respond(server.evaluateResponse(new byte[0]));
        assertThatExceptionOfType(SaslException.class).isThrownBy(() -> server.evaluateResponse(response));
    }

    /** The last ones are equal only after SASLprep. */
    @ParameterizedTest
    @CsvSource({
        "tim, pw, pw",
        "'t,i=m', '=,', '=,'",
        "tim, ' p w ', ' p w '",
        "tim, Schlüssel, Schlüssel",
        "grün, p\u00e4\u00dfw\u00f6rt, p\u00e4\u00dfw\u00f6rt",
        "tim, \u041f\u0430\u0440\u043e\u043b\u044c, \u041f\u0430\u0440\u043e\u043b\u044c",
        "tim, \u5bc6\u7801, \u5bc6\u7801",
        "tim, \u0633\u0631, \u0633\u0631",
        "tim, \ud835\udd38, A",
        "tim, Schlu\u0308ssel, Schlüssel",
        "tim, \u2168, IX",
        "tim, IX, \u2168",
        "tim, a\u00a0b\u3000c, a b c",
        "tim, \ufb01x, fix"
    })
    void the_scram_client_of_ongres_gets_in(String user, String password, String stored) throws Exception {
        ServerExchange server = server("SCRAM-SHA-256", user, stored);
        ScramClient client = scram(user, password);
        client.serverFirstMessage(said(server.start(said(client.clientFirstMessage()))));
        Answer last = server.respond(said(client.clientFinalMessage()).orElseThrow());
        client.serverFinalMessage(said(last));
        assertThat(server.respond(new byte[0])).isEqualTo(new Success(user));
    }

    @ParameterizedTest
    @CsvSource({"tim, PW", "tim, 'pw '", "nobody, pw"})
    void the_scram_client_of_ongres_is_refused(String user, String password) throws Exception {
        ServerExchange server = server("SCRAM-SHA-256", "tim", "pw");
        ScramClient client = scram(user, password);
        client.serverFirstMessage(said(server.start(said(client.clientFirstMessage()))));
        assertThat(server.respond(said(client.clientFinalMessage()).orElseThrow()))
                .isEqualTo(new Failure(Kind.INVALID));
    }

    @ParameterizedTest
    @CsvSource({"tim, pw", "grün, p\u00e4\u00dfw\u00f6rt", "'t,i=m', \u2168"})
    void our_two_ends_get_on_in_every_mechanism(String user, String password) {
        for (String mechanism : List.of("SCRAM-SHA-256", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2")) {
            Credentials credentials = mechanism.contains("OAUTH")
                    ? Credentials.token(user, () -> KnownUsers.tokenOf("pw"))
                    : Credentials.password(user, password);
            ServerExchange server = server(mechanism, user, mechanism.contains("OAUTH") ? "pw" : password);
            ClientExchange client = ClientExchanges.choose(credentials, List.of(mechanism), true)
                    .orElseThrow();
            Answer answer = server.start(client.initialResponse());
            while (answer instanceof Challenge challenge) {
                answer = server.respond(client.respond(challenge.octets()));
            }
            assertThat(answer).as(mechanism).isEqualTo(new Success(user));
            assertThat(client.isComplete()).as(mechanism).isTrue();
        }
    }

    private static ServerExchange server(String mechanism, String user, String password) {
        return ServerExchanges.open(mechanism, new KnownUsers(Map.of(user, password)))
                .orElseThrow();
    }

    private static ScramClient scram(String user, String password) {
        return ScramClient.builder()
                .advertisedMechanisms(List.of("SCRAM-SHA-256"))
                .username(user)
                .password(password.toCharArray())
                .build();
    }

    private static Optional<byte[]> said(Object message) {
        return Optional.of(Text.utf8(message.toString()));
    }

    private static String said(Answer answer) {
        assertThat(answer).isInstanceOf(Challenge.class);
        return Text.of(((Challenge) answer).octets());
    }

    private static SaslClient client(String mechanism, String user, String password) throws SaslException {
        return Sasl.createSaslClient(new String[] {mechanism}, null, "smtp", "host", null, told(user, password));
    }

    private static CallbackHandler told(String user, String password) {
        return callbacks -> {
            for (Callback callback : callbacks) {
                if (callback instanceof NameCallback name) {
                    name.setName(user);
                } else if (callback instanceof PasswordCallback secret) {
                    secret.setPassword(password.toCharArray());
                } else if (callback instanceof AuthorizeCallback authorize) {
                    authorize.setAuthorized(true);
                }
            }
        };
    }
}
