package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsersFileTest {

    @TempDir
    Path dir;

    @Test
    void users_are_known_by_their_passwords() throws IOException {
        UsersFile users = load("# users\n\nann:a:b\nbob:{PLAIN}{x}\nzoë@example.org:pässword \n");
        assertThat(users.accepts("ann", "a:b")).isTrue();
        assertThat(users.accepts("bob", "{x}")).isTrue();
        assertThat(users.password("zoë@example.org")).contains("pässword ");
        assertThat(users.accepts("ann", "a")).isFalse();
        assertThat(users.accepts("Ann", "a:b")).isFalse();
        assertThat(users.accepts("eve", "")).isFalse();
        assertThat(users.password("eve")).isEmpty();
        assertThat(users).hasToString("3 users");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "secret",
                ":secret",
                "ann:",
                "ann:{PLAIN}",
                "ann:{SHA512-CRYPT}secret",
                " ann:secret",
                "ann :secret",
                "ok:secret",
                "ann:secret\u0000",
                "ann:sec\tret"
            })
    void a_bad_line_is_named_by_its_number_only(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> load("ok:1\n" + line + "\n"))
                .withMessageContaining("line 2")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret", "ann"));
    }

    @Test
    void names_and_passwords_are_composed_as_those_of_clients_are() throws IOException {
        UsersFile users = load("zoe\u0308:pa\u0308ss\u2168\n");
        assertThat(users.accepts("zo\u00eb", "p\u00e4ssIX")).isTrue();
    }

    @Test
    void what_is_not_utf_8_is_refused() throws IOException {
        Path file = Files.write(dir.resolve("users"), new byte[] {'a', ':', (byte) 0xff});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UsersFile.load(file))
                .withMessageContaining("UTF-8");
    }

    @Test
    void a_byte_order_mark_is_no_part_of_the_first_name() throws IOException {
        assertThat(load("\uFEFFann:secret\n").accepts("ann", "secret")).isTrue();
        assertThat(load("\uFEFF# users\nann:secret\n")).hasToString("1 users");
    }

    @Test
    void one_that_cannot_be_read_is_named_with_the_reason() throws IOException {
        Path absent = dir.resolve("absent");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UsersFile.load(absent))
                .withMessage(absent + ": cannot be read: no such file");
        Path folder = Files.createDirectory(dir.resolve("folder"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UsersFile.load(folder))
                .withMessage(folder + ": cannot be read: Is a directory");
    }

    private UsersFile load(String text) throws IOException {
        return UsersFile.load(Files.writeString(dir.resolve("users"), text));
    }
}
