package io.github.smtpproxy.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BufferedLogTest {

    private final Written written = new Written();
    private final BufferedLog log = new BufferedLog(written);

    @Test
    void linesThatComeCloseTogetherAreWrittenTogether() {
        log("first");
        log("second");
        log.writeOut();

        assertThat(written.writes).containsExactly("first\nsecond\n");
    }

    @Test
    void aLineIsWrittenThoughNoOtherFollows() {
        log.start();

        log("last");

        await().until(() -> written.writes.equals(List.of("last\n")));
    }

    @Test
    void whatCannotBeWrittenForWantOfMemoryIsWrittenLater() {
        written.failures.set(3);
        log.start();

        log("late");

        await().until(() -> written.writes.equals(List.of("late\n")));
    }

    @Test
    void moreThanThereIsRoomForIsWrittenAtOnceAndInOrder() {
        String line = "0123456789".repeat(100);
        for (int i = 0; i < 100; i++) {
            log(i + line);
        }

        assertThat(written.writes).isNotEmpty();
        log.writeOut();
        String[] lines = String.join("", written.writes).split("\n");
        assertThat(lines).hasSize(100);
        assertThat(lines[99]).isEqualTo(99 + line);
    }

    /** As a logger does. */
    private void log(String line) {
        log.print(line + "\n");
        log.flush();
    }

    private static final class Written extends OutputStream {
        private final List<String> writes = new CopyOnWriteArrayList<>();
        private final AtomicInteger failures = new AtomicInteger();

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] octets, int offset, int length) {
            if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                throw new OutOfMemoryError("as the test will have it");
            }
            writes.add(new String(octets, offset, length, US_ASCII));
        }
    }
}
