package io.github.smtpproxy.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EncodedWordsTest {

    private static String subject(String value) {
        return Headers.parse(("Subject: " + value + "\r\n").getBytes(UTF_8))
                .firstDecoded("subject")
                .orElseThrow();
    }

    /** RFC 2047 §8, and what mailers send. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain text | plain text",
                "=?ISO-8859-1?Q?a?= | a",
                "=?ISO-8859-1?Q?a?= b | a b",
                "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?= | ab",
                "=?ISO-8859-1?Q?a?=     =?ISO-8859-1?Q?b?= | ab",
                "=?ISO-8859-1?Q?a_b?= | a b",
                "=?ISO-8859-1?Q?a?= =?UTF-8?Q?_b?= | a b",
                "=?iso-8859-1?q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk> | Keld Jørn Simonsen <keld@dkuug.dk>",
                "=?UTF-8?B?SWYgeW91IGNhbiByZWFkIHRoaXM=?= yo | If you can read this yo",
                "=?US-ASCII*EN?Q?Keith_Moore?= | Keith Moore",
                "=?UTF-8?Q?=E2=82?= =?UTF-8?Q?=AC?= | €",
                "(=?UTF-8?B?w6Q=?=) | (ä)",
                "grün | grün",
                "ä=?UTF-8?Q?=C3=B6?=ü | äöü",
            })
    void words_are_decoded(String value, String text) {
        assertThat(subject(value)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=?no-such-charset?Q?a?=",
                "=?UTF-8?X?a?=",
                "=?UTF-8?Q?a=?=",
                "=?UTF-8?Q?=G0?=",
                "=?UTF-8?B?*?=",
                "=?UTF-8?Q?a",
                "=??Q?a?=",
                "=?=",
                "=?a?= =?Q?b?="
            })
    void what_is_no_encoded_word_stays(String value) {
        assertThat(subject(value)).isEqualTo(value);
    }

    @Test
    void folded_words_are_joined() {
        assertThat(subject("=?UTF-8?Q?a?=\r\n =?UTF-8?Q?b?=\r\n c")).isEqualTo("ab c");
    }

    @Test
    void an_encoded_line_end_becomes_spaces() {
        assertThat(subject("=?UTF-8?Q?a=0D=0ABcc:_b?=")).isEqualTo("a  Bcc: b");
    }

    @Test
    void octets_that_are_no_utf8_stay_one_character_each() {
        byte[] latin = "Subject: gr\u00fcn\r\n".getBytes(ISO_8859_1);
        assertThat(Headers.parse(latin).firstDecoded("Subject")).contains("grün");
    }

    @Test
    void hostile_values_take_no_time() {
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (String part : new String[] {"=?", "=?a?Q?", "=?UTF-8?Q?a?= ", "=?a?Q?" + "b".repeat(900), " "}) {
                subject(part.repeat(262_144 / part.length()));
            }
        });
    }
}
