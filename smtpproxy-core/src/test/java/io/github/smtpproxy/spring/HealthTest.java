package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.Application.at;
import static io.github.smtpproxy.spring.Application.proxy;
import static io.github.smtpproxy.spring.Application.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Ports;
import io.github.smtpproxy.testing.ScriptedDestination;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributors.Entry;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportSelector;
import org.springframework.core.type.AnnotationMetadata;

/** Health is told by destination. */
class HealthTest {

    private final Application application = new Application();

    @AfterEach
    void nothing_is_left() {
        application.close();
    }

    private static Health of(ApplicationContext context, String name) {
        DestinationsHealth health = context.getBean(DestinationsHealth.class);
        return ((HealthIndicator) health.getContributor(name)).health();
    }

    private static void failFiveTimes(ApplicationContext context, String reply) {
        for (int i = 0; i < 5; i++) {
            try (Dialogue client = Dialogue.with(proxy(context).address())) {
                client.hears(reply);
            }
        }
    }

    @Test
    void the_listener_and_each_destination_are_up() {
        application.relaying().run(context -> {
            send(context, "a@client.test", "b@dest.test", "hello");
            assertThat(context.getBean(DestinationsHealth.class).stream().map(Entry::name))
                    .containsExactly("listener", "first");
            assertThat(of(context, "listener").getStatus()).isEqualTo(Status.UP);
            assertThat(of(context, "first").getStatus()).isEqualTo(Status.UP);
            assertThat(of(context, "first").getDetails()).containsEntry("greeted", 1L);
        });
    }

    @Test
    void one_that_fails_is_down_if_nobody_takes_its_mail() {
        Application.listening()
                .withPropertyValues(
                        "smtpproxy.destinations.gone.host=127.0.0.1",
                        "smtpproxy.destinations.gone.port="
                                + Ports.unreachable().port())
                .run(context -> {
                    failFiveTimes(context, "421");
                    assertThat(of(context, "gone").getStatus()).isEqualTo(Status.DOWN);
                    assertThat(of(context, "listener").getStatus()).isEqualTo(Status.UP);
                });
    }

    @Test
    void one_that_fails_is_ejected_if_another_takes_its_mail() {
        application
                .relaying()
                .withPropertyValues(
                        "smtpproxy.destinations.a.host=127.0.0.1",
                        "smtpproxy.destinations.a.port=" + Ports.unreachable().port())
                .run(context -> {
                    failFiveTimes(context, "220");
                    assertThat(of(context, "a").getStatus()).isEqualTo(new Status("EJECTED"));
                    assertThat(of(context, "first").getStatus()).isEqualTo(Status.UP);
                });
    }

    @Test
    void one_that_is_drained_is_out_of_service() {
        ScriptedDestination other = application.anotherDestination();
        application.relaying().withPropertyValues(at("second", other)).run(context -> {
            proxy(context).drain(application.destination().destination());
            assertThat(of(context, "first").getStatus()).isEqualTo(new Status("DRAINED"));
            proxy(context).drain(other.destination());
            assertThat(of(context, "first").getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
        });
    }

    @Test
    void a_destination_that_only_the_router_knows_is_told_of_once_it_was_met() {
        Destination gone = Ports.unreachable();
        Application.listening()
                .withBean(SmtpProxyCustomizer.class, () -> builder -> builder.router(untold(gone)))
                .run(context -> {
                    failFiveTimes(context, "421");
                    assertThat(of(context, gone.toString()).getStatus()).isEqualTo(Status.DOWN);
                });
    }

    /** Tells no reach. */
    private static Router untold(Destination destination) {
        return new Router() {
            @Override
            public Route connect(Session session) {
                return Route.to(destination);
            }

            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.to(destination);
            }
        };
    }

    @Test
    void a_proxy_that_does_not_run_is_out_of_service() {
        application.relaying().run(context -> {
            context.getBean(SmtpProxyLifecycle.class).stop();
            assertThat(of(context, "listener").getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
            assertThat(of(context, "first").getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
        });
    }

    @Test
    void it_is_not_told_where_it_is_turned_off() {
        application
                .relaying()
                .withPropertyValues("management.health.smtpproxy.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(DestinationsHealth.class));
    }

    /** As Boot takes auto-configurations: by name, without loading them. */
    static final class ByName implements ImportSelector {
        @Override
        public String[] selectImports(AnnotationMetadata by) {
            return new String[] {
                SmtpProxyAutoConfiguration.class.getName(),
                SmtpProxyActuatorAutoConfiguration.class.getName(),
                SmtpProxyHealthAutoConfiguration.class.getName()
            };
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(ByName.class)
    static class AllByName {}

    @Test
    void without_boots_health_actuator_ssl_and_tests_there_is_a_proxy() {
        new ApplicationContextRunner()
                .withUserConfiguration(AllByName.class)
                .withPropertyValues("smtpproxy.endpoints.in.port=0")
                .withPropertyValues(at("first", application.destination()))
                .withClassLoader(new FilteredClassLoader(
                        "org.springframework.boot.health",
                        "org.springframework.boot.actuate",
                        "org.springframework.boot.autoconfigure.ssl",
                        "org.springframework.boot.test.autoconfigure"))
                .run(context -> {
                    assertThat(context)
                            .hasNotFailed()
                            .doesNotHaveBean("smtpproxyHealthContributor")
                            .doesNotHaveBean("smtpproxySanitizingFunction");
                    send(context, "a@client.test", "b@dest.test", "hello");
                });
    }
}
