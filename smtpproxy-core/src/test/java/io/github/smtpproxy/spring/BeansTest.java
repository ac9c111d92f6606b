package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.Application.proxy;
import static io.github.smtpproxy.spring.Application.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Throttle;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Beans are parts of the proxy. */
class BeansTest {

    private final Application application = new Application();

    @AfterEach
    void nothing_is_left() {
        application.close();
    }

    @Configuration(proxyBeanMethods = false)
    static class Parts {

        final List<String> called = new CopyOnWriteArrayList<>();

        private Filter filter(String name) {
            return new Filter() {
                @Override
                public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
                    called.add(name);
                    return next.proceed(mail);
                }
            };
        }

        @Bean
        List<String> called() {
            return called;
        }

        @Bean
        @Order(2)
        Filter secondFilter() {
            return filter("second filter");
        }

        @Bean
        @Order(1)
        Filter firstFilter() {
            return filter("first filter");
        }

        @Bean
        @Order(2)
        Throttle secondThrottle() {
            return throttle("second throttle");
        }

        @Bean
        @Order(1)
        Throttle firstThrottle() {
            return throttle("first throttle");
        }

        private Throttle throttle(String name) {
            return step -> {
                if (!called.contains(name)) {
                    called.add(name);
                }
                return Pace.go();
            };
        }

        @Bean
        ProxyListener listener() {
            return new ProxyListener() {
                @Override
                public void sessionStarted(Session session) {
                    called.add("listener at " + session.endpoint());
                }
            };
        }
    }

    @Test
    @SuppressWarnings("unchecked")
    void filters_throttles_and_listeners_are_taken_in_their_order() {
        application.relaying().withUserConfiguration(Parts.class).run(context -> {
            send(context, "a@client.test", "b@dest.test", "hello");
            assertThat((List<String>) context.getBean("called"))
                    .containsSubsequence("first throttle", "second throttle", "first filter", "second filter")
                    .contains("listener at in");
        });
    }

    @Test
    void a_router_is_asked_before_the_routes_of_properties() {
        ScriptedDestination archive = application.anotherDestination();
        application
                .relaying()
                .withBean(
                        "other",
                        Router.class,
                        () -> Router.byRecipientDomain()
                                .route("archive.test", archive.destination())
                                .otherwiseUndecided())
                .run(context -> {
                    send(context, "a@client.test", "b@archive.test", "old");
                    send(context, "a@client.test", "b@dest.test", "new");
                });
        assertThat(archive.messages()).hasSize(1);
        assertThat(application.destination().messages()).hasSize(1);
    }

    @Test
    void a_router_alone_is_enough() {
        Destination destination = application.destination().destination();
        Application.listening()
                .withBean(Router.class, () -> Router.to(destination))
                .run(context -> send(context, "a@client.test", "b@dest.test", "hello"));
        assertThat(application.destination().messages()).hasSize(1);
    }

    @Test
    void a_customizer_says_what_properties_do_not() {
        Destination destination = application.destination().destination();
        Application.bare()
                .withBean(
                        SmtpProxyCustomizer.class,
                        () -> builder ->
                                builder.listen(Endpoint.at("127.0.0.1", 0)).router(Router.to(destination)))
                .run(context -> send(context, "a@client.test", "b@dest.test", "hello"));
        assertThat(application.destination().messages()).hasSize(1);
    }

    @Test
    void a_lifecycle_of_the_application_takes_the_place_of_ours() {
        Destination destination = application.destination().destination();
        application
                .relaying()
                .withBean(
                        SmtpProxyLifecycle.class,
                        () -> SmtpProxyLifecycle.of(SmtpProxy.builder()
                                .listen(Endpoint.at("127.0.0.1", 0).named("own"))
                                .router(Router.to(destination))))
                .run(context -> {
                    assertThat(context).hasSingleBean(SmtpProxyLifecycle.class);
                    assertThat(proxy(context).isRunning()).isTrue();
                });
    }
}
