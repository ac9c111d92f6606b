package io.github.smtpproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.0.0/8, ::ffff:10.1.2.3, true",
        "::ffff:10.0.0.0/104, 10.1.2.3, true",
        "0.0.0.0/0, 192.0.2.1, true",
        "0.0.0.0/0, 0.0.0.0, false",
        "::/0, ::, false",
        "0.0.0.0/0, ::1, false",
        "::/0, 192.0.2.1, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.128, true",
        "::1/128, ::1, true",
        "::1, ::2, false",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false"
    })
    void contains_what_shares_the_prefix(String range, String address, boolean in) throws UnknownHostException {
        assertThat(AddressRange.parse(range).contains(InetAddress.getByName(address)))
                .isEqualTo(in);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/8",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/08",
                "10.0.0.0/+8",
                "10.0.0.0/-1",
                "10.0.0.0/8/8",
                "10.1.0.0/8",
                "10.0.0/8",
                "10/8",
                "localhost",
                "::1/129",
                "::1/64",
                "::ffff:10.0.0.0/8",
                "[::1]",
                "fe80::1%1",
                "10.0.0.0/255.0.0.0",
                " 10.0.0.1",
                "1.2.3.4:25"
            })
    void what_is_no_range_is_refused_with_its_value(String range) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.parse(range))
                .withMessageContaining("'" + range + "'");
    }

    @Test
    void equal_ranges_have_one_text() {
        assertThat(AddressRange.parse("::ffff:192.0.2.1"))
                .isEqualTo(AddressRange.parse("192.0.2.1/32"))
                .hasToString("192.0.2.1/32");
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.77, 26, 203.0.113.64/26",
        "203.0.113.77, 32, 203.0.113.77/32",
        "203.0.113.77, 0, 0.0.0.0/0",
        "2001:db8:1:2:3::4, 48, 2001:db8:1:0:0:0:0:0/48",
    })
    void a_range_is_found_around_an_address(String address, int prefix, String range) throws UnknownHostException {
        assertThat(AddressRange.around(InetAddress.getByName(address), prefix)).hasToString(range);
    }

    @Test
    void a_prefix_longer_than_the_address_is_refused() throws UnknownHostException {
        InetAddress address = InetAddress.getByName("203.0.113.77");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.around(address, 33))
                .withMessage("prefix must be between 0 and 32, was 33");
    }
}
