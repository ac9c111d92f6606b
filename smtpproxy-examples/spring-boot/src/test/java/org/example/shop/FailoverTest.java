package org.example.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.spring.AutoConfigureSmtpProxy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The whole application: an order is confirmed through whichever of the two servers is there. */
@SpringBootTest
@AutoConfigureSmtpProxy
class FailoverTest {

    private static final MailServer FIRST = new MailServer();
    private static final MailServer SECOND = new MailServer();

    @Autowired
    private Orders orders;

    @Autowired
    private HealthEndpoint health;

    @DynamicPropertySource
    static void servers(DynamicPropertyRegistry registry) {
        registry.add("smtpproxy.destinations.a.host", () -> "127.0.0.1");
        registry.add("smtpproxy.destinations.a.port", FIRST::port);
        registry.add("smtpproxy.destinations.b.host", () -> "127.0.0.1");
        registry.add("smtpproxy.destinations.b.port", SECOND::port);
    }

    @AfterAll
    static void stop() {
        FIRST.close();
        SECOND.close();
    }

    @Test
    void the_second_server_takes_over_when_the_first_goes() {
        orders.order("joe@example.net", "a kettle");
        assertThat(FIRST.messages()).singleElement().asString().contains("We send you: a kettle");

        FIRST.close();
        orders.order("joe@example.net", "a teapot");
        assertThat(SECOND.messages()).singleElement().asString().contains("We send you: a teapot");

        assertThat(health.healthForPath("smtpproxy", "b").getStatus().getCode()).isEqualTo("UP");
        assertThat(health.health().getStatus().getCode()).isEqualTo("UP");
    }
}
