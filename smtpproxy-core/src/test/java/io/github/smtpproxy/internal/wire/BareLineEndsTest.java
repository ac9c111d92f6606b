package io.github.smtpproxy.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BareLineEndsTest {

    private static final Pattern ALONE = Pattern.compile("(?<!\r)\n|\r(?!\n)");

    @Test
    void each_is_found_however_the_octets_are_cut() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            String text = text(random);
            assertThat(found(text, random))
                    .as(text.replace('\r', 'r').replace('\n', 'n'))
                    .isEqualTo(ALONE.matcher(text).find());
        }
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i > 0; i--) {
            text.append(
                    switch (random.nextInt(40)) {
                        case 0 -> "\r";
                        case 1 -> "\n";
                        case 2, 3, 4, 5, 6 -> "\r\n";
                        default -> "x";
                    });
        }
        return text.toString();
    }

    private static boolean found(String text, Random random) {
        byte[] octets = text.getBytes(StandardCharsets.US_ASCII);
        BareLineEnds ends = new BareLineEnds();
        int from = 0;
        while (from < octets.length) {
            int to = from + random.nextInt(octets.length - from + 1);
            if (ends.in(octets, from, to)) {
                return true;
            }
            from = to;
        }
        return ends.endsInCr();
    }
}
