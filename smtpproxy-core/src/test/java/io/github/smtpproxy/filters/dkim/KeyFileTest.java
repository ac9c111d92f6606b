package io.github.smtpproxy.filters.dkim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.DkimKeys;
import io.github.smtpproxy.testing.ForeignSigner;
import io.github.smtpproxy.testing.SetClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyPair;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key file is read again when it changes, and what cannot be used changes nothing. */
class KeyFileTest {

    private static final KeyPair FIRST = ForeignSigner.rsa(2048);
    private static final KeyPair SECOND = ForeignSigner.rsa(2048);

    @TempDir
    private Path folder;

    private final SetClock clock = new SetClock();
    private int written;

    private Path write(String pem) throws Exception {
        Path file = DkimKeys.file(folder.resolve("key.pem"), pem);
        // what is written within one tick of the file system's clock would look the same
        return Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000L * ++written));
    }

    private static String record(KeyPair keys) {
        return "v=DKIM1; k=rsa; p=" + ForeignSigner.published(keys);
    }

    @Test
    void a_changed_file_is_noticed_within_10_seconds() throws Exception {
        DkimKey key = DkimKey.load("example.org", "s1", write(DkimKeys.pkcs8(FIRST)), clock::nanos);
        try (CapturedLog log = new CapturedLog(KeyFile.class)) {
            write(DkimKeys.pkcs8(SECOND));
            clock.pass(Duration.ofMillis(9_999));
            assertThat(key.record()).isEqualTo(record(FIRST));
            clock.pass(Duration.ofMillis(1));
            assertThat(key.record()).isEqualTo(record(SECOND));
            assertThat(log.lines()).singleElement().asString().endsWith("key.pem: was read again");
        }
    }

    @Test
    void a_half_written_file_is_told_once_and_tried_again() throws Exception {
        DkimKey key = DkimKey.load("example.org", "s1", write(DkimKeys.pkcs8(FIRST)), clock::nanos);
        try (CapturedLog log = new CapturedLog(KeyFile.class)) {
            write(DkimKeys.pkcs8(SECOND).substring(0, 500));
            for (int i = 0; i < 3; i++) {
                clock.pass(Duration.ofSeconds(10));
                assertThat(key.record()).isEqualTo(record(FIRST));
            }
            Files.delete(folder.resolve("key.pem"));
            clock.pass(Duration.ofSeconds(10));
            assertThat(key.record()).isEqualTo(record(FIRST));
            assertThat(log.lines()).hasSize(2).allMatch(l -> l.endsWith("; the key that was read before stays in use"));
            write(DkimKeys.pkcs8(SECOND));
            clock.pass(Duration.ofSeconds(10));
            assertThat(key.record()).isEqualTo(record(SECOND));
        }
    }

    @Test
    void it_is_read_again_at_once_when_told_so() throws Exception {
        DkimKey key = DkimKey.load("example.org", "s1", write(DkimKeys.pkcs8(FIRST)), clock::nanos);
        SignDkim filter = SignDkim.with(key);
        write(DkimKeys.pkcs8(SECOND));
        filter.reload();
        assertThat(key.record()).isEqualTo(record(SECOND));
        write("nothing");
        assertThatIllegalStateException().isThrownBy(filter::reload).withMessageContaining("key.pem: holds no");
        write(DkimKeys.pkcs8(ForeignSigner.ed25519()));
        assertThatIllegalStateException()
                .isThrownBy(filter::reload)
                .withMessageContaining("holds an ed25519 key now, and an rsa key before");
        assertThat(key.record()).isEqualTo(record(SECOND));
    }
}
