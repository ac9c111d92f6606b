package io.github.smtpproxy.internal.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The addresses of a host, the families in turn. */
class InterleavedTest {

    private static List<String> order(String... addresses) {
        InetAddress[] all = Stream.of(addresses).map(InterleavedTest::address).toArray(InetAddress[]::new);
        return Interleaved.addresses(all, 25).stream()
                .map(InetSocketAddress::getAddress)
                .map(InetAddress::getHostAddress)
                .toList();
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void the_families_take_turns_beginning_with_that_of_the_first() {
        assertThat(order("10.0.0.1", "10.0.0.2", "10.0.0.3", "fc00::1"))
                .containsExactly("10.0.0.1", "fc00:0:0:0:0:0:0:1", "10.0.0.2", "10.0.0.3");
        assertThat(order("fc00::1", "fc00::2", "10.0.0.1"))
                .containsExactly("fc00:0:0:0:0:0:0:1", "10.0.0.1", "fc00:0:0:0:0:0:0:2");
        assertThat(order("10.0.0.1")).containsExactly("10.0.0.1");
        assertThat(order()).isEmpty();
    }

    @Test
    void no_more_than_eight_are_tried() {
        assertThat(order(Stream.iterate(1, i -> i + 1)
                        .limit(20)
                        .map(i -> "10.0.0." + i)
                        .toArray(String[]::new)))
                .hasSize(8);
    }
}
