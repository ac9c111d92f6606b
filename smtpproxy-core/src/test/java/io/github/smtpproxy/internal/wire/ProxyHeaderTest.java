package io.github.smtpproxy.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.internal.wire.ProxyHeader.Local;
import io.github.smtpproxy.internal.wire.ProxyHeader.Proxied;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {

    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final InetSocketAddress V4 = new InetSocketAddress("192.0.2.1", 56324);
    private static final InetSocketAddress V4_LOCAL = new InetSocketAddress("198.51.100.2", 25);
    private static final InetSocketAddress V6 = new InetSocketAddress("2001:db8::1", 1);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY UNKNOWN\r\n",
                "PROXY UNKNOWN ffff:f...f whatever 1 2\r\n",
                "PROXY TCP4 1.1.1.1 1.1.1.1 0 0\r\n",
                "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
                "PROXY TCP6 :: :: 0 0\r\n",
                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535"
                        + " 65535\r\n",
                "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 25\r\n"
            })
    void version_1_is_read_to_its_last_octet_and_no_further(String header) throws IOException {
        InputStream in = in(header + "\r\nX");
        ProxyHeader.read(in);
        assertThat(in.readAllBytes()).isEqualTo("\r\nX".getBytes(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @CsvSource({
        "2000000c0102030405060708090a0b0c, Local",
        "20000000, Local",
        "21000000, Local",
        "21110010c0000201c6336402dc040019040001ff, Proxied"
    })
    void version_2_is_read_to_its_last_octet_and_no_further(String hex, String kind) throws IOException {
        byte[] header = HexFormat.of().parseHex(SIGNATURE + hex + "0d0a58");
        InputStream in = new ByteArrayInputStream(header);
        assertThat(ProxyHeader.read(in).getClass().getSimpleName()).isEqualTo(kind);
        assertThat(in.readAllBytes()).isEqualTo(HexFormat.of().parseHex("0d0a58"));
    }

    @Test
    void both_versions_read_back_what_they_wrote() throws IOException {
        assertThat(ProxyHeader.read(new ByteArrayInputStream(ProxyHeader.v1(V4, V4_LOCAL))))
                .isEqualTo(new Proxied(V4, V4_LOCAL));
        assertThat(ProxyHeader.read(new ByteArrayInputStream(ProxyHeader.v2(V4, V4_LOCAL))))
                .isEqualTo(new Proxied(V4, V4_LOCAL));
        assertThat(ProxyHeader.read(new ByteArrayInputStream(ProxyHeader.v2(V6, V6))))
                .isEqualTo(new Proxied(V6, V6));
    }

    @Test
    void with_two_families_the_client_is_still_told() throws IOException {
        assertThat(new String(ProxyHeader.v1(V4, V6), StandardCharsets.US_ASCII))
                .startsWith("PROXY TCP6 ::ffff:192.0.2.1 2001:db8");
        assertThat(ProxyHeader.read(new ByteArrayInputStream(ProxyHeader.v1(V4, V6))))
                .isEqualTo(new Proxied(V4, V6));
        assertThat(ProxyHeader.read(new ByteArrayInputStream(ProxyHeader.v2(V6, V4))))
                .isEqualTo(new Proxied(V6, V4));
    }

    @Test
    void headers_that_come_octet_by_octet_are_read() throws IOException {
        assertThat(ProxyHeader.read(trickle(ProxyHeader.v1(V4, V4_LOCAL)))).isEqualTo(new Proxied(V4, V4_LOCAL));
        assertThat(ProxyHeader.read(trickle(ProxyHeader.v2(V6, V6)))).isEqualTo(new Proxied(V6, V6));
    }

    @Test
    void few_reads_are_needed() throws IOException {
        assertThat(reads(ProxyHeader.v2(V6, V6))).isLessThanOrEqualTo(4);
        assertThat(reads(ProxyHeader.v1(V4, V4_LOCAL))).isLessThanOrEqualTo(20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EHLO a\r\n",
                "proxy TCP4 1.1.1.1 1.1.1.1 0 0\r\n",
                "PROXY tcp4 1.1.1.1 1.1.1.1 0 0\r\n",
                "PROXY TCP4 1.1.1.1 1.1.1.1 0 0\n",
                "PROXY TCP4 1.1.1.1 1.1.1.1 0 0\r \r\n",
                "PROXY TCP4 1.1.1.1 1.1.1.1 +1 0\r\n",
                "PROXY TCP4 1.1.1.1 1.1.1.1 01 0\r\n",
                "PROXY TCP4 1.1.1.1 1.1.1.1 -1 0\r\n",
                "PROXY TCP4 1.1.1.1 1.1.1.1 65536 0\r\n",
                "PROXY TCP4 1.1.1.1  1.1.1.1 1 0\r\n",
                "PROXY TCP4 1.1.1.1 1.1.1.1 1 0 \r\n",
                "PROXY TCP4 1.1.1.01 1.1.1.1 1 0\r\n",
                "PROXY TCP4 1.1.1 1.1.1.1 1 0\r\n",
                "PROXY TCP4 ::1 ::1 1 0\r\n",
                "PROXY TCP6 1.1.1.1 1.1.1.1 1 0\r\n",
                "PROXY TCP6 fe80::1%lo ::1 1 0\r\n",
                "PROXY TCP6 1::2::3 ::1 1 0\r\n",
                "PROXY TCP6 00001::1 ::1 1 0\r\n",
                "PROXY TCP4 localhost localhost 1 0\r\n",
                "PROXY UDP4 1.1.1.1 1.1.1.1 1 0\r\n",
                "PROXY UNKNOWNX\r\n",
                "PROXY UNKNOWN 000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                        + "00000000000000000000000\r\n",
                "PROXY UNKNOWN",
                "PROXY",
                ""
            })
    void what_is_no_version_1_is_refused(String header) {
        assertThatThrownBy(() -> ProxyHeader.read(in(header)))
                .isInstanceOf(ProxyHeaderException.class)
                .message()
                .doesNotContain("1.1.1", "localhost");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "11000000",
                "31000000",
                "22000000",
                "21120000",
                "21410000",
                "2111000b0102030405060708090a0b",
                "21110000",
                "21210010c0000201c6336402dc040019040001ff",
                "21111001",
                "2111ffff",
                "2111000c01",
                "21",
                ""
            })
    void what_is_no_version_2_is_refused(String hex) {
        byte[] header = HexFormat.of().parseHex(SIGNATURE + hex);
        assertThatThrownBy(() -> ProxyHeader.read(new ByteArrayInputStream(header)))
                .isInstanceOf(ProxyHeaderException.class);
    }

    @Test
    void unix_sockets_are_local() throws IOException {
        byte[] header = HexFormat.of().parseHex(SIGNATURE + "213100020000");
        assertThat(ProxyHeader.read(new ByteArrayInputStream(header))).isEqualTo(new Local());
    }

    private static InputStream in(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static InputStream trickle(byte[] octets) {
        return new ByteArrayInputStream(octets) {
            @Override
            public synchronized int read(byte[] b, int off, int len) {
                return super.read(b, off, Math.min(len, 1));
            }
        };
    }

    private static int reads(byte[] octets) throws IOException {
        AtomicInteger reads = new AtomicInteger();
        ProxyHeader.read(new InputStream() {
            private final InputStream in = new ByteArrayInputStream(octets);

            @Override
            public int read() throws IOException {
                reads.incrementAndGet();
                return in.read();
            }

            @Override
            public int read(byte[] b, int off, int len) throws IOException {
                reads.incrementAndGet();
                return in.read(b, off, len);
            }
        });
        return reads.get();
    }
}
