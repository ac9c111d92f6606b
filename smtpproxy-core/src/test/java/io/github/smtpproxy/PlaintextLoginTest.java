package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A login that a destination offers behind TLS, and a client that all can read: the proxy's TLS is not the client's. */
class PlaintextLoginTest extends ProxyTest {

    private static final String PLAIN = "AGFsaWNlAG9wZW4gc2VzYW1l";
    private static final String WELCOME = "235 2.7.0 dest.test welcomes you";

    private Dialogue clientOfOneBehindTls(Endpoint endpoint, StartTls policy) {
        return clientOf(proxy(endpoint, Router.to(destination.destination().startTls(policy))))
                .hears("220")
                .says("EHLO client.test");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPPORTUNISTIC", "REQUIRED"})
    void what_is_offered_behind_tls_only_is_not_for_a_client_in_plaintext(StartTls policy) {
        destination.startTls(Certificate.LOCAL.shown()).offersInTls("AUTH PLAIN LOGIN");
        Dialogue client = clientOfOneBehindTls(ENDPOINT, policy);
        assertThat(client.reply()).noneMatch(line -> line.contains("AUTH"));
        client.says("AUTH PLAIN " + PLAIN)
                .hears("538 5.7.11")
                .says("AUTH LOGIN")
                .hears("538 5.7.11")
                .says("NOOP")
                .hears("250");
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @Test
    void what_is_offered_from_the_first_octet_of_tls_is_not_either() {
        destination.implicitTls(Certificate.LOCAL.shown()).offers("AUTH PLAIN");
        Router router = Router.to(destination.destination().implicitTls().trust(Certificate.LOCAL.trusted()));
        Dialogue client = clientOf(proxy(ENDPOINT, router)).hears("220").says("EHLO client.test");
        assertThat(client.reply()).noneMatch(line -> line.contains("AUTH"));
        client.says("AUTH PLAIN " + PLAIN).hears("538 5.7.11");
    }

    @Test
    void what_is_offered_in_plaintext_too_is() {
        destination.startTls(Certificate.LOCAL.shown()).offers("AUTH=X-SAFE").offersInTls("AUTH PLAIN x-safe");
        destination.on("AUTH X-SAFE").reply(WELCOME);
        Dialogue client = clientOfOneBehindTls(ENDPOINT, StartTls.REQUIRED);
        assertThat(client.reply()).contains("250-AUTH x-safe").noneMatch(line -> line.contains("PLAIN"));
        client.says("AUTH PLAIN " + PLAIN)
                .hears("538 5.7.11")
                .says("AUTH X-SAFE")
                .hearsLine(WELCOME);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_client_in_tls_and_one_whose_plaintext_is_allowed_are_offered_it(boolean tls) {
        destination.startTls(Certificate.LOCAL.shown()).offersInTls("AUTH PLAIN LOGIN");
        destination.on("AUTH PLAIN").reply(WELCOME);
        Endpoint endpoint =
                tls ? ENDPOINT.offerStartTls(Certificate.LOCAL.shown()) : ENDPOINT.plaintextAuthentication(true);
        Dialogue client = clientOfOneBehindTls(endpoint, StartTls.REQUIRED);
        if (tls) {
            client.hears("250").startsTls(Certificate.LOCAL.trusted()).says("EHLO client.test");
        }
        assertThat(client.reply()).anyMatch(line -> line.endsWith("AUTH PLAIN LOGIN"));
        client.says("AUTH PLAIN " + PLAIN).hearsLine(WELCOME);
    }
}
