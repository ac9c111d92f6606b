package io.github.smtpproxy.internal.transport.loop;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** A JVM without event loops gives the reason. */
class CarriedThreadsTest {

    @Test
    @EnabledForJreRange(max = JRE.JAVA_20)
    void an_old_jdk_says_why_there_are_none() {
        assertThat(EventLoopNetwork.unavailable())
                .hasValueSatisfying(why -> assertThat(why).contains("JDK 21"));
        assertThatThrownBy(() -> EventLoopNetwork.start(1, SelectorPoller.FACTORY, "selectors"))
                .hasMessageContaining("JDK 21");
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void a_jvm_that_is_not_opened_to_us_says_what_flag_would_help() throws Exception {
        Process jvm = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CarriedThreadsTest.class.getName())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(jvm.getInputStream().readAllBytes(), US_ASCII))
                .contains("--add-opens java.base/java.lang=ALL-UNNAMED");
    }

    public static void main(String[] none) {
        System.out.println(EventLoopNetwork.unavailable());
    }
}
