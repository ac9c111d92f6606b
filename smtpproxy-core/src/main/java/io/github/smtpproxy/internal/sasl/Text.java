package io.github.smtpproxy.internal.sasl;

import com.ongres.saslprep.SASLprep;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Octets of an exchange as text and back. */
final class Text {

    private Text() {}

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The octets as UTF-8, nothing replaced. */
    static String of(byte[] octets) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedResponseException("not UTF-8");
        }
    }

    /** A name or password: not empty, no NUL. */
    static String filled(String text) {
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new MalformedResponseException("empty, or NUL in it");
        }
        return text;
    }

    /**
     * A name or password as it is compared (RFC 4616 §2): two spellings of one text are the same.
     *
     * @return empty if it has what no name or password may have, or nothing is left of it: then no login succeeds
     */
    static Optional<String> prepared(String text) {
        try {
            return Optional.of(new SASLprep().prepareQuery(text)).filter(t -> !t.isEmpty());
        } catch (IllegalArgumentException | IndexOutOfBoundsException prohibited) {
            // the latter is how the library says that nothing is left
            return Optional.empty();
        }
    }

    /** A saslname (RFC 5802 §5.1) with its {@code =2C} and {@code =3D} undone. */
    static String fromSaslName(String name) {
        if (name.replace("=2C", "").replace("=3D", "").indexOf('=') >= 0) {
            throw new MalformedResponseException("= in a saslname is =2C or =3D");
        }
        return filled(name.replace("=2C", ",").replace("=3D", "="));
    }

    static String toSaslName(String name) {
        return name.replace("=", "=3D").replace(",", "=2C");
    }

    static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }

    static byte[] fromBase64(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedResponseException("not base64");
        }
    }
}
