package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuickstartTest {

    @Test
    void theQuickstartShowsBothLanesAndWhatWasDelivered() throws Exception {
        String out = outputOf(() -> Quickstart.main(new String[0]));

        List<String> lines = out.lines().toList();
        assertThat(lines)
                .as("the client's lane stands left")
                .anyMatch(l -> l.startsWith("-> MAIL FROM:<alice@example.com>"))
                .anyMatch(l -> l.startsWith("<- 250"));
        assertThat(lines)
                .as("the destination's lane stands right")
                .anyMatch(l -> l.matches("\\s{44}-> MAIL FROM:<alice@example\\.com>.*"))
                .anyMatch(l -> l.matches("\\s{44}<- 250.*"));
        assertThat(out.substring(out.indexOf("\ndelivered")))
                .contains("from <alice@example.com> to <bob@example.org>")
                .contains("by proxy.example.org with ESMTP")
                .contains("Subject: Hello through the proxy");
    }

    @Test
    void theCustomFilterRefusesTheForgedSenderOnly() throws Exception {
        String out = outputOf(() -> CustomFilter.main(new String[0]));

        assertThat(out.lines())
                .hasSize(2)
                .anyMatch(l -> l.equals("delivered: from <alice@example.com>"))
                .anyMatch(l -> l.startsWith("refused: ") && l.contains("550 5.7.1"));
    }

    private static String outputOf(Program program) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            program.run();
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private interface Program {
        void run() throws Exception;
    }
}
