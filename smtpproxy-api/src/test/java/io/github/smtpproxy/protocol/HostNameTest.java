package io.github.smtpproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "mail.example",
                "mail.example.",
                "a-b.c0",
                "mail_gateway",
                "1.x",
                "xn--bcher-kva.example"
            })
    void a_name_has_labels_of_letters_digits_hyphens_and_underscores(String name) {
        assertThat(HostName.isValid(name)).isTrue();
        assertThat(HostName.isValidOrAddress(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "a..b",
                ".a",
                "-a",
                "a-",
                "a b",
                "a\r\n",
                "smtp://x",
                "mail:25",
                "[::1]",
                "bücher.example",
                "1",
                "a.1",
                "1.2.3",
                "256.0.0.1",
                "01.2.3.4",
                "1.2.3.4.",
                "::g",
                "1.2.3.4%lo",
                "::1%",
                "::1%l o",
                "a%lo"
            })
    void anything_else_is_none_and_no_address(String name) {
        assertThat(HostName.isValid(name)).isFalse();
        assertThat(HostName.isValidOrAddress(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0"})
    void an_address_is_no_name(String address) {
        assertThat(HostName.isValid(address)).isFalse();
        assertThat(HostName.isValidOrAddress(address)).isTrue();
    }

    @Test
    void labels_and_names_are_bounded() {
        String label = "x".repeat(63);
        String name = String.join(".", label, label, label, "x".repeat(61));
        assertThat(HostName.isValid(name)).isTrue();
        assertThat(HostName.isValid(name + ".")).isTrue();
        assertThat(HostName.isValid(name + "x")).isFalse();
        assertThat(HostName.isValid(label + "x")).isFalse();
    }
}
