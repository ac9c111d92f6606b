package io.github.smtpproxy.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.junit.jupiter.api.Test;

class JsonLinesTest {

    private static String line(Throwable thrown, String message, Object... arguments) {
        Logger logger = new LoggerContext().getLogger("a.Logger");
        LoggingEvent event = new LoggingEvent("caller", logger, Level.WARN, message, thrown, arguments);
        event.setTimeStamp(0);
        String line = new String(new JsonLines().encode(event), UTF_8);
        String start = "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"WARN\",\"logger\":\"a.Logger\",";
        assertThat(line).startsWith(start).endsWith("}\n");
        return line.substring(start.length(), line.length() - 2);
    }

    @Test
    void arguments_with_names_are_fields() {
        assertThat(line(
                        null,
                        "{} client={} recipients={}/{} octets={} reply=\"{}\"",
                        "s1-1",
                        "::1",
                        1,
                        2,
                        3L,
                        "250 Ok"))
                .isEqualTo(
                        "\"message\":\"s1-1 client=::1 recipients=1/2 octets=3 reply=\\\"250 Ok\\\"\","
                                + "\"id\":\"s1-1\",\"client\":\"::1\",\"recipients\":\"1/2\",\"octets\":3,\"reply\":\"250 Ok\"");
    }

    @Test
    void a_field_is_there_once_and_those_of_each_line_stay() {
        assertThat(line(null, "level={} a={} a={}", "x", "1", "2"))
                .isEqualTo("\"message\":\"level=x a=1 a=2\",\"a\":\"1\"");
    }

    @Test
    void what_peers_send_breaks_no_line() {
        assertThat(line(null, "helo={}", "a\r\n\"\u2028b"))
                .isEqualTo("\"message\":\"helo=a\\r\\n\\\"\u2028b\",\"helo\":\"a\\r\\n\\\"\u2028b\"");
    }

    @Test
    void a_line_without_arguments_and_one_with_too_few_have_no_fields() {
        assertThat(line(null, "up")).isEqualTo("\"message\":\"up\"");
        assertThat(line(null, "up {} a={}", "x")).isEqualTo("\"message\":\"up x a={}\"");
    }

    @Test
    void what_a_line_is_about_is_its_id() {
        assertThat(line(null, "{}: gone", "s1")).isEqualTo("\"message\":\"s1: gone\",\"id\":\"s1\"");
        assertThat(line(null, "{} on {}", "a", "b")).isEqualTo("\"message\":\"a on b\"");
    }

    @Test
    void an_exception_is_a_field() {
        assertThat(line(new IllegalStateException("why"), "broke"))
                .startsWith("\"message\":\"broke\",\"exception\":\"java.lang.IllegalStateException: why")
                .contains("\\n");
    }
}
