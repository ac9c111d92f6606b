package io.github.smtpproxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.smtpproxy.internal.transport.loop.EventLoopNetwork;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Which transport is taken, and what is logged about it. */
class TransportTest {

    private static final Logger LOGGER = (Logger) LoggerFactory.getLogger(Transport.class);

    private static final String RING = "smtpproxy.io-uring";

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final String before = System.getProperty(Transport.PROPERTY);

    static boolean available() {
        return EventLoopNetwork.unavailable().isEmpty();
    }

    @BeforeEach
    void listen() {
        System.clearProperty(Transport.PROPERTY);
        log.start();
        LOGGER.setLevel(Level.INFO);
        LOGGER.addAppender(log);
    }

    @AfterEach
    void restore() {
        LOGGER.detachAppender(log);
        LOGGER.setLevel(null);
        System.clearProperty(Transport.PROPERTY);
        if (before != null) {
            System.setProperty(Transport.PROPERTY, before);
        }
    }

    @Test
    void plain_is_always_to_be_had() {
        assertThat(started(Transport.plain())).isEqualTo(PlainNetwork.class);
        assertThat(logged()).containsExactly("transport: plain, as configured");
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void automatic_takes_event_loops_where_the_jvm_lets_us() {
        assertThat(started(Transport.automatic())).isEqualTo(EventLoopNetwork.class);
        assertThat(logged())
                .singleElement()
                .asString()
                .startsWith("transport: " + Runtime.getRuntime().availableProcessors()
                        + " event loops, this JVM allows them; they wait with ");
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void so_many_event_loops_are_started_as_were_asked_for() {
        assertThat(started(Transport.eventLoops(3))).isEqualTo(EventLoopNetwork.class);
        assertThat(logged())
                .singleElement()
                .asString()
                .startsWith("transport: 3 event loops, as configured; they wait with ");
    }

    @Test
    @EnabledIf(value = "available", disabledReason = "this JVM has no event loops")
    void what_loops_wait_with_is_logged_and_why_it_is_no_io_uring() {
        String ring = System.getProperty(RING);
        try {
            System.setProperty(RING, "off");
            started(Transport.eventLoops(1));
            assertThat(logged())
                    .containsExactly("transport: 1 event loops, as configured; they wait with selectors, no io_uring:"
                            + " the system property " + RING + " is off");
            System.setProperty(RING, "fast");
            assertThatThrownBy(() -> Transport.eventLoops(1).start()).hasMessage(RING + " must be on or off, was fast");
        } finally {
            if (ring == null) {
                System.clearProperty(RING);
            } else {
                System.setProperty(RING, ring);
            }
        }
    }

    @Test
    void the_property_settles_what_automatic_takes_and_nothing_else() {
        System.setProperty(Transport.PROPERTY, "plain");
        assertThat(started(Transport.automatic())).isEqualTo(PlainNetwork.class);
        System.setProperty(Transport.PROPERTY, "event-loops");
        assertThat(started(Transport.plain())).isEqualTo(PlainNetwork.class);
        assertThat(logged())
                .containsExactly(
                        "transport: plain, set by the system property smtpproxy.transport",
                        "transport: plain, as configured");
        System.setProperty(Transport.PROPERTY, "fast");
        assertThatThrownBy(() -> Transport.automatic().start())
                .hasMessage("smtpproxy.transport must be event-loops or plain, was fast");
    }

    @Test
    @EnabledForJreRange(max = JRE.JAVA_20)
    void an_old_jdk_gets_the_plain_one_unless_loops_were_asked_for() {
        assertThat(started(Transport.automatic())).isEqualTo(PlainNetwork.class);
        assertThat(logged()).singleElement().asString().startsWith("transport: plain, no event loops: JDK ");
        assertThatThrownBy(() -> Transport.eventLoops().start()).hasMessageContaining("JDK 21");
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void a_jvm_without_the_flag_gets_the_plain_one_unless_loops_were_asked_for() throws Exception {
        Process jvm = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TransportTest.class.getName())
                .redirectErrorStream(true)
                .start();
        String flag = "start the JVM with --add-opens java.base/java.lang=ALL-UNNAMED";
        assertThat(new String(jvm.getInputStream().readAllBytes(), US_ASCII))
                .contains("automatic: PlainNetwork")
                .containsPattern("by name: no event loops: .*" + flag);
    }

    public static void main(String[] none) {
        System.out.println("automatic: " + started(Transport.automatic()).getSimpleName());
        try {
            started(Transport.eventLoops());
        } catch (IllegalStateException e) {
            System.out.println("by name: " + e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1_025})
    void the_number_of_loops_is_checked(int loops) {
        assertThatThrownBy(() -> Transport.eventLoops(loops))
                .hasMessage("event loops must be between 1 and 1024, was " + loops);
    }

    @Test
    void it_says_what_it_is() {
        assertThat(List.of(Transport.automatic(), Transport.plain(), Transport.eventLoops(2)))
                .extracting(Transport::toString)
                .containsExactly("automatic", "plain", "event-loops 2");
    }

    private static Class<?> started(Transport transport) {
        var started = transport.start();
        started.close();
        return started.getClass();
    }

    private List<String> logged() {
        return new ArrayList<>(
                log.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    }
}
