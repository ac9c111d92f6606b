package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.testing.Certificate;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Angus Mail sends over STARTTLS, logging in at the destination and at the proxy. */
class AngusMailTest extends ProxyTest {

    private static final String TOKEN = "t".repeat(2_500);
    private static final Endpoint REQUIRED = ENDPOINT.requireStartTls(Certificate.LOCAL.shown());
    private static final Authenticator USERS = new Authenticator() {
        @Override
        public boolean accepts(String user, String password) {
            return user.equals("alice") && password.equals("open sesame");
        }

        @Override
        public boolean acceptsToken(String user, String token) {
            return user.equals("alice") && token.equals(TOKEN);
        }

        @Override
        public List<String> mechanisms() {
            return List.of("PLAIN", "LOGIN", "XOAUTH2");
        }
    };

    private static void send(InetSocketAddress proxy, String mechanism, String secret) throws MessagingException {
        Properties settings = new Properties();
        settings.setProperty("mail.smtp.auth", "true");
        settings.setProperty("mail.smtp.auth.mechanisms", mechanism);
        settings.setProperty("mail.smtp.starttls.required", "true");
        settings.setProperty("mail.smtp.starttls.enable", "true");
        settings.put("mail.smtp.ssl.socketFactory", Certificate.LOCAL.trusted().getSocketFactory());
        MimeMessage message = new MimeMessage(Session.getInstance(settings));
        message.setFrom("a@client.test");
        message.setText("hello");
        try (Transport transport = message.getSession().getTransport("smtp")) {
            transport.connect("127.0.0.1", proxy.getPort(), "alice", secret);
            transport.sendMessage(message, InternetAddress.parse("b@dest.test"));
        }
    }

    private SmtpProxy relaying() {
        destination.offers("AUTH PLAIN LOGIN XOAUTH2");
        destination.on("AUTH PLAIN YWxpY2UAYWxpY2UAb3BlbiBzZXNhbWU=").reply("235 2.7.0 Welcome");
        destination.on("AUTH LOGIN").reply("334 VXNlcm5hbWU6");
        destination.on("YWxpY2U=").reply("334 UGFzc3dvcmQ6");
        destination.on("b3BlbiBzZXNhbWU=").reply("235 2.7.0 Welcome");
        destination.on("AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB").reply("235 2.7.0 Welcome");
        return started(proxy(REQUIRED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "LOGIN"})
    void a_password_is_relayed(String mechanism) throws MessagingException {
        send(relaying().address(), mechanism, "open sesame");
        assertThat(destination.messages())
                .singleElement()
                .satisfies(m -> assertThat(m).contains("hello"));
    }

    @Test
    void a_token_of_2_500_characters_is_relayed_inline() throws MessagingException {
        send(relaying().address(), "XOAUTH2", TOKEN);
        assertThat(destination.messages()).hasSize(1);
        assertThat(destination.heard("AUTH"))
                .singleElement()
                .satisfies(l -> assertThat(l).hasSizeGreaterThan(2_500));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "LOGIN", "XOAUTH2"})
    void a_login_ends_at_the_proxy(String mechanism) throws MessagingException {
        SmtpProxy proxy = started(proxy(REQUIRED.authenticate(USERS)));
        send(proxy.address(), mechanism, mechanism.equals("XOAUTH2") ? TOKEN : "open sesame");
        assertThat(destination.messages()).hasSize(1);
        assertThat(destination.heard("AUTH")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "LOGIN", "XOAUTH2"})
    void a_wrong_secret_is_a_failed_authentication(String mechanism) {
        SmtpProxy proxy = started(proxy(REQUIRED.authenticate(USERS)));
        assertThatThrownBy(() -> send(proxy.address(), mechanism, "wrong"))
                .isInstanceOf(AuthenticationFailedException.class);
        assertThat(destination.messages()).isEmpty();
    }
}
