package io.github.smtpproxy.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DotStuffingTest {

    @ParameterizedTest(name = "[{index}] {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                ".              | ..rn",
                "..arn          | ...arn",
                "arn.rn         | arn..rn",
                "an.n           | arn..rn",
                "ar.r           | arn..rn",
                "a.brn          | a.brn",
                "a              | arn",
                "arnrn          | arnrn"
            })
    void a_body_is_stuffed_and_its_line_ends_become_crlf(String body, String wire) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DotStuffing.Stuffer stuffer = new DotStuffing.Stuffer(out);
        stuffer.write(bytes(body));
        stuffer.finish();
        assertThat(out.toByteArray()).isEqualTo(bytes(wire));
    }

    @ParameterizedTest(name = "[{index}] {0}")
    @CsvSource(
            delimiter = '|',
            value = {"..rn | .rn", "..arn..brn | .arn.brn", "a..rn | a..rn", "arn...rn | arn..rn", "arn | arn"})
    void what_was_stuffed_is_read_as_it_was(String wire, String body) throws IOException {
        byte[] read = new DotStuffing.Unstuffer(new ByteArrayInputStream(bytes(wire))).readAllBytes();
        assertThat(read).isEqualTo(bytes(body));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void it_does_not_matter_how_a_body_is_cut(boolean keepLineEnds) throws IOException {
        byte[] body = bytes("a..brn.crn..rn.rrn.nn.rrxrnab.c");
        ByteArrayOutputStream single = new ByteArrayOutputStream();
        DotStuffing.Stuffer octets = new DotStuffing.Stuffer(single, keepLineEnds, true);
        for (byte octet : body) {
            octets.write(octet);
        }
        octets.finish();
        for (int cut = 0; cut <= body.length; cut++) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            DotStuffing.Stuffer pieces = new DotStuffing.Stuffer(out, keepLineEnds, true);
            pieces.write(body, 0, cut);
            pieces.write(body, cut, body.length - cut);
            pieces.finish();
            assertThat(out.toByteArray()).as("cut at %d", cut).isEqualTo(single.toByteArray());
        }
    }

    private static byte[] bytes(String row) {
        return row.replace('r', '\r').replace('n', '\n').getBytes(StandardCharsets.ISO_8859_1);
    }
}
