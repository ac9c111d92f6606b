package org.example.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.spring.SmtpProxyTest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSender;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The application's mail alone: the proxy, and what is in its way. */
@SmtpProxyTest
class MailOnlyTest {

    private static final MailServer SERVER = new MailServer();

    @DynamicPropertySource
    static void server(DynamicPropertyRegistry registry) {
        registry.add("smtpproxy.destinations.a.host", () -> "127.0.0.1");
        registry.add("smtpproxy.destinations.a.port", SERVER::port);
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    @Test
    void mail_leaves_through_the_proxy(@Autowired JavaMailSender mail, @Autowired ObjectProvider<Orders> orders) {
        SimpleMailMessage message = new SimpleMailMessage();
        message.setFrom("shop@example.org");
        message.setTo("joe@example.net");
        message.setText("hello");
        mail.send(message);

        assertThat(SERVER.messages()).singleElement().asString().contains("Received: ").contains("hello");
        assertThat(orders.getIfAvailable()).isNull();
    }
}
