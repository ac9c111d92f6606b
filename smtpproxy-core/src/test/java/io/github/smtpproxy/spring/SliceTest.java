package io.github.smtpproxy.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.spring.shop.Parts;
import io.github.smtpproxy.spring.shop.Shop;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import org.junit.jupiter.api.Test;
import org.springframework.context.ApplicationContext;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSender;
import org.springframework.test.annotation.DirtiesContext.HierarchyMode;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestContextManager;

/** A test of an application's mail gets the proxy, its parts, and a mail sender that leads to it. */
class SliceTest {

    private static ScriptedDestination destination;

    @SmtpProxyTest(properties = "smtpproxy.endpoints.in.port=2525")
    @ContextConfiguration(classes = Shop.class)
    static class Slice {

        @DynamicPropertySource
        static void server(DynamicPropertyRegistry registry) {
            registry.add("smtpproxy.destinations.first.host", () -> "127.0.0.1");
            registry.add(
                    "smtpproxy.destinations.first.port",
                    () -> destination.destination().port());
        }
    }

    @Test
    void mail_goes_through_the_proxy() throws Exception {
        try (NothingLeft ending = new NothingLeft()) {
            destination = ending.startDestination();
            TestContextManager test = new TestContextManager(Slice.class);
            ApplicationContext context = test.getTestContext().getApplicationContext();
            try {
                SimpleMailMessage message = new SimpleMailMessage();
                message.setFrom("a@client.test");
                message.setTo("b@dest.test");
                message.setText("hello");
                context.getBean(JavaMailSender.class).send(message);

                assertThat(destination.messages()).singleElement().asString().contains("hello");
                assertThat(Application.proxy(context).address().getPort()).isNotEqualTo(2525);
                assertThat(context.getEnvironment().getProperty("spring.mail.host"))
                        .isEqualTo("127.0.0.1");
                assertThat(context.getBeanProvider(Parts.Marks.class).stream()).hasSize(1);
                assertThat(context.getBeanProvider(Parts.Orders.class).stream()).isEmpty();
            } finally {
                test.getTestContext().markApplicationContextDirty(HierarchyMode.EXHAUSTIVE);
            }
        }
    }
}
