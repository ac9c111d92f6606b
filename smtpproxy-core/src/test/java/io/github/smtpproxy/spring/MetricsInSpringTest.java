package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.Application.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.metrics.SmtpProxyMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The proxy is measured where there is a registry. */
class MetricsInSpringTest {

    private final Application application = new Application();
    private final ApplicationContextRunner measured =
            application.relaying().withConfiguration(AutoConfigurations.of(SmtpProxyMetricsAutoConfiguration.class));

    @AfterEach
    void nothing_is_left() {
        application.close();
    }

    @Test
    void a_registry_gets_the_proxys_meters() {
        measured.withBean(MeterRegistry.class, SimpleMeterRegistry::new).run(context -> {
            send(context, "a@client.test", "b@dest.test", "hello");
            assertThat(context.getBean(MeterRegistry.class).getMeters())
                    .anyMatch(meter -> meter.getId().getName().startsWith("smtpproxy."));
        });
    }

    @Test
    void without_a_registry_there_are_none() {
        measured.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SmtpProxyMetrics.class));
    }

    @Test
    void metrics_of_the_application_take_their_place() {
        MeterRegistry registry = new SimpleMeterRegistry();
        measured.withBean(MeterRegistry.class, () -> registry)
                .withBean("own", SmtpProxyMetrics.class, () -> new SmtpProxyMetrics(registry))
                .run(context -> assertThat(context)
                        .hasSingleBean(SmtpProxyMetrics.class)
                        .hasBean("own"));
    }
}
