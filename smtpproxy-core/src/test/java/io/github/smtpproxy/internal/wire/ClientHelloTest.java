package io.github.smtpproxy.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloTest {

    private static final String NAME = "mx.asked.test";

    private static byte[] hello(String... names) throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(List.of(names).stream()
                .map(SNIHostName::new)
                .map(javax.net.ssl.SNIServerName.class::cast)
                .toList());
        engine.setSSLParameters(parameters);
        return wrapped(engine);
    }

    private static byte[] wrapped(SSLEngine engine) throws SSLException {
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    private static ClientHello read(byte[] octets) {
        return ClientHello.of(octets, 0, octets.length);
    }

    private static Optional<String> name(byte[] octets) {
        return read(octets).serverName().map(n -> new String(n, StandardCharsets.ISO_8859_1));
    }

    @Test
    void the_name_is_found_once_the_message_is_whole() throws Exception {
        byte[] octets = hello(NAME);
        for (int length = 0; length < octets.length; length++) {
            assertThat(read(Arrays.copyOf(octets, length)).isWhole()).isFalse();
        }
        assertThat(read(octets).isWhole()).isTrue();
        assertThat(name(octets)).contains(NAME);
    }

    @Test
    void where_none_is_asked_for_there_is_none() throws Exception {
        assertThat(read(hello()).isWhole()).isTrue();
        assertThat(name(hello())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 100})
    void a_message_may_come_in_many_records(int most) throws Exception {
        byte[] message = Arrays.copyOfRange(hello(NAME), 5, hello(NAME).length);
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        for (int from = 0; from < message.length; from += most) {
            int length = Math.min(most, message.length - from);
            records.writeBytes(new byte[] {22, 3, 1, 0, (byte) length});
            records.write(message, from, length);
        }
        byte[] all = records.toByteArray();
        assertThat(read(Arrays.copyOf(all, all.length - 1)).isWhole()).isFalse();
        assertThat(read(all).isWhole()).isTrue();
        assertThat(name(all)).contains(NAME);
    }

    @Test
    void it_may_lie_anywhere_in_the_array() throws Exception {
        byte[] octets = hello(NAME);
        byte[] array = new byte[octets.length + 20];
        System.arraycopy(octets, 0, array, 13, octets.length);
        assertThat(ClientHello.of(array, 13, 13 + octets.length).serverName())
                .hasValueSatisfying(
                        n -> assertThat(n).asString(StandardCharsets.US_ASCII).isEqualTo(NAME));
    }

    @Test
    void what_is_no_tls_is_not_waited_for() {
        byte[] plain = "MAIL FROM:<a@b.test>\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(read(plain).isWhole()).isTrue();
        assertThat(read(new byte[] {'Q'}).isWhole()).isTrue();
        assertThat(name(plain)).isEmpty();
    }

    @Test
    void a_message_without_an_end_is_not_waited_for() {
        byte[] endless = new byte[64 * 1024];
        for (int at = 0; at < endless.length; at += 1024) {
            ByteBuffer.wrap(endless).position(at).put(new byte[] {22, 3, 1}).putShort((short) 1019);
            endless[at + 6] = (byte) 0xFF;
        }
        assertThat(read(Arrays.copyOf(endless, 32 * 1024)).isWhole()).isFalse();
        assertThat(read(endless).isWhole()).isTrue();
    }

    @Test
    void whatever_is_wrong_in_it_is_no_name_and_no_failure() throws Exception {
        byte[] octets = hello(NAME);
        Random random = new Random(6066);
        for (int i = 0; i < 20_000; i++) {
            byte[] changed = octets.clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            byte[] cut = Arrays.copyOf(changed, 1 + random.nextInt(changed.length));
            assertThat(read(cut).serverName()).isNotNull();
        }
    }
}
