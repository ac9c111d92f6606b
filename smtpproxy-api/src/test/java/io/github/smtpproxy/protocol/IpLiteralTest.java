package io.github.smtpproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IpLiteralTest {

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "127.0.0.1", "9.10.99.100", "199.200.249.250", "255.255.255.255"})
    void four_numbers_are_an_address(String text) throws UnknownHostException {
        assertThat(IpLiteral.ipv4(text)).contains(InetAddress.getByName(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "...",
                "1",
                "1.2.3",
                "1.2.3.",
                ".1.2.3",
                "1..2.3",
                "1.2.3.4.5",
                "1.2.3.4.",
                "256.1.1.1",
                "1.1.1.256",
                "1.1.1.999",
                "01.2.3.4",
                "1.2.3.00",
                "1.2.3.1000",
                "1.2.3.+4",
                "1.2.3.-4",
                "1.2.3.4 ",
                " 1.2.3.4",
                "1.2.3.\u0664",
                "0x1.2.3.4",
                "localhost",
                "16909060"
            })
    void all_else_is_none_and_never_a_name_to_look_up(String text) {
        assertThat(IpLiteral.ipv4(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1", "2001:db8::1.2.3.4", "::ffff:1.2.3.4"})
    void the_other_family_is_told_by_its_colons(String text) throws UnknownHostException {
        assertThat(IpLiteral.parse(text)).contains(InetAddress.getByName(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1.2.3.256", "::01.2.3.4", "1.2.3.4::", ":::", "fe80::1%lo"})
    void but_not_by_them_alone(String text) {
        assertThat(IpLiteral.parse(text)).isEmpty();
    }
}
