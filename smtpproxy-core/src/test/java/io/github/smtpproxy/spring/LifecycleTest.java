package io.github.smtpproxy.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** The proxy lives as long as its context, and drains at its end. */
class LifecycleTest {

    private final Application application = new Application();

    @AfterEach
    void nothing_is_left() {
        application.close();
    }

    private SmtpProxyLifecycle lifecycle() {
        return SmtpProxyLifecycle.of(SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0))
                .router(Router.to(application.destination().destination())));
    }

    /** What is told of its stop. */
    private record Phase(int getPhase, String name, List<String> told) implements SmartLifecycle {
        @Override
        public void start() {}

        @Override
        public void stop() {
            told.add(name);
        }

        @Override
        public boolean isRunning() {
            return true;
        }
    }

    @Test
    void a_message_that_is_under_way_when_the_context_is_closed_is_delivered() {
        List<String> told = new CopyOnWriteArrayList<>();
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.registerBean(SmtpProxyLifecycle.class, this::lifecycle);
            context.registerBean(
                    "graceful",
                    Phase.class,
                    () -> new Phase(WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE, "requests end", told));
            context.registerBean(
                    "web",
                    Phase.class,
                    () -> new Phase(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE, "web server stops", told));
            context.refresh();
            SmtpProxy proxy = context.getBean(SmtpProxyLifecycle.class).proxy();
            try (Dialogue client = Dialogue.with(proxy.address())) {
                client.greets().envelope().says("DATA").hears("354").says("half");
                CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
                await().until(() -> !proxy.isRunning());
                assertThat(told).containsExactly("requests end");
                client.says("other half").says(".").hears("250");
                closing.join();
            }
        }
        assertThat(told).containsExactly("requests end", "web server stops");
        assertThat(application.destination().messages())
                .singleElement()
                .asString()
                .endsWith("half\r\nother half\r\n");
    }

    @Test
    void it_starts_again_with_its_context() {
        SmtpProxyLifecycle lifecycle = lifecycle();
        lifecycle.start();
        SmtpProxy before = lifecycle.proxy();
        lifecycle.start();
        assertThat(lifecycle.proxy()).isSameAs(before);
        lifecycle.stop();
        assertThat(lifecycle.isRunning()).isFalse();
        assertThatThrownBy(lifecycle::proxy).isInstanceOf(IllegalStateException.class);

        lifecycle.start();
        assertThat(lifecycle.proxy()).isNotSameAs(before);
        try (Dialogue client = Dialogue.with(lifecycle.proxy().address())) {
            client.greets();
        }
        lifecycle.stop();
        lifecycle.stop();
    }

    @Test
    void its_drain_has_a_limit() {
        assertThatThrownBy(() -> lifecycle().drain(Duration.ofDays(2)))
                .hasMessage("drain must be between 0 and 1 day, was PT48H");
    }
}
