package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.Application.at;
import static io.github.smtpproxy.spring.Application.proxy;
import static io.github.smtpproxy.spring.Application.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Ports;
import io.github.smtpproxy.testing.ScriptedDestination;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Properties are a proxy. */
class PropertiesTest {

    private final Application application = new Application();
    private final ScriptedDestination first = application.destination();

    @AfterEach
    void nothing_is_left() {
        application.close();
    }

    @Test
    void an_endpoint_and_a_destination_relay_mail() {
        application.relaying().run(context -> {
            send(context, "a@client.test", "b@dest.test", "hello");
            assertThat(first.messages()).singleElement().asString().endsWith("hello\r\n");
            assertThat(proxy(context).address().getAddress().isLoopbackAddress())
                    .isTrue();
        });
    }

    @Test
    void the_second_destination_takes_over_where_the_first_cannot_be_reached() {
        ScriptedDestination second = application.anotherDestination();
        Application.listening()
                .withPropertyValues(at("b-second", second))
                .withPropertyValues(
                        "smtpproxy.destinations.a-first.host=127.0.0.1",
                        "smtpproxy.destinations.a-first.port="
                                + Ports.unreachable().port())
                .run(context -> {
                    send(context, "a@client.test", "b@dest.test", "hello");
                    assertThat(second.messages()).hasSize(1);
                });
    }

    @Test
    void the_order_is_that_of_the_names_unless_a_route_has_another() {
        ScriptedDestination other = application.anotherDestination();
        Application.listening()
                .withPropertyValues(at("main", other))
                .withPropertyValues(at("backup", first))
                .run(context -> send(context, "a@client.test", "b@dest.test", "one"));
        assertThat(first.messages()).hasSize(1);
        Application.listening()
                .withPropertyValues(at("main", other))
                .withPropertyValues(at("backup", first))
                .withPropertyValues("smtpproxy.routes.all.destinations=main,backup")
                .run(context -> send(context, "a@client.test", "b@dest.test", "two"));
        assertThat(other.messages()).hasSize(1);
    }

    @Test
    void weights_share_the_load() {
        ScriptedDestination other = application.anotherDestination();
        Application.listening()
                .withPropertyValues(at("one", first))
                .withPropertyValues(at("two", other))
                .withPropertyValues("smtpproxy.destinations.one.weight=3")
                .run(context -> {
                    for (int i = 0; i < 4; i++) {
                        send(context, "a@client.test", "b@dest.test", "hello");
                    }
                });
        assertThat(first.messages()).hasSize(3);
        assertThat(other.messages()).hasSize(1);
    }

    @Test
    void routes_go_by_sender_then_by_recipient_then_to_the_one_without_domains() {
        ScriptedDestination lists = application.anotherDestination();
        ScriptedDestination bulk = application.anotherDestination();
        Application.listening()
                .withPropertyValues(at("main", first))
                .withPropertyValues(at("lists", lists))
                .withPropertyValues(at("bulk", bulk))
                .withPropertyValues(
                        "smtpproxy.routes.a.destinations=lists",
                        "smtpproxy.routes.a.recipient-domains=lists.test, news.test",
                        "smtpproxy.routes.b.destinations=bulk",
                        "smtpproxy.routes.b.sender-domains=shop.test",
                        "smtpproxy.routes.c.destinations=main")
                .run(context -> {
                    send(context, "a@client.test", "x@news.test", "1");
                    send(context, "a@shop.test", "x@news.test", "2");
                    send(context, "a@client.test", "x@dest.test", "3");
                });
        assertThat(lists.messages()).singleElement().asString().endsWith("1\r\n");
        assertThat(bulk.messages()).singleElement().asString().endsWith("2\r\n");
        assertThat(first.messages()).singleElement().asString().endsWith("3\r\n");
    }

    @Test
    void without_a_route_for_it_mail_is_refused() {
        application
                .relaying()
                .withPropertyValues(
                        "smtpproxy.routes.a.destinations=first", "smtpproxy.routes.a.recipient-domains=dest.test")
                .run(context -> {
                    try (Dialogue client = Dialogue.with(proxy(context).address())) {
                        client.greets()
                                .says("MAIL FROM:<a@client.test>")
                                .hears("250")
                                .says("RCPT TO:<x@other.test>")
                                .hears("550 5.7.1");
                    }
                });
    }

    @Test
    void limits_timeouts_pool_and_transport_are_taken() {
        application
                .relaying()
                .withPropertyValues(
                        "smtpproxy.endpoints.in.hostname=gate.test",
                        "smtpproxy.endpoints.in.max-connections=1",
                        "smtpproxy.max-message-size=1KB",
                        "smtpproxy.timeouts.client-command=1m",
                        "smtpproxy.timeouts.minimum-rate=500",
                        "smtpproxy.pool.max=2",
                        "smtpproxy.pool.idle=5s",
                        "smtpproxy.transport=plain",
                        "smtpproxy.shutdown.drain=1s")
                .run(context -> {
                    try (Dialogue client = Dialogue.with(proxy(context).address())) {
                        client.hears("220 gate.test");
                        try (Dialogue late = Dialogue.with(proxy(context).address())) {
                            late.hears("421");
                        }
                        client.says("EHLO client.test");
                        assertThat(client.reply()).anyMatch(line -> line.contains("SIZE 1024"));
                        client.says("MAIL FROM:<a@client.test> SIZE=1025").hears("552 5.3.4");
                    }
                });
    }

    @Test
    void two_endpoints_are_one_proxy() {
        application
                .relaying()
                .withPropertyValues("smtpproxy.endpoints.other.port=0", "smtpproxy.endpoints.other.address=0.0.0.0")
                .run(context -> assertThat(proxy(context).addresses()).hasSize(2));
    }

    @Test
    void without_an_endpoint_there_is_no_proxy() {
        Application.bare().run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SmtpProxyLifecycle.class));
    }
}
