package io.github.smtpproxy.internal.sasl;

import com.ongres.saslprep.SASLprep;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Converts the octets of an exchange to text and back. */
final class Text {

    private Text() {}

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Decodes UTF-8; malformed octets are an error. */
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

    /** Checks a user or password: not empty, no NUL. */
    static String filled(String text) {
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new MalformedResponseException("user or password is empty or contains NUL");
        }
        return text;
    }

    /**
     * Prepares a user or password for comparison by SASLprep (RFC 4616 §2, RFC 4013). Needs {@link ScramLibrary}.
     *
     * @return empty if it has a prohibited character or nothing is left of it: then the login fails
     */
    static Optional<String> prepared(String text) {
        try {
            return Optional.of(new SASLprep().prepareQuery(text)).filter(t -> !t.isEmpty());
        } catch (IllegalArgumentException | IndexOutOfBoundsException prohibited) {
            // the library throws the latter if nothing is left
            return Optional.empty();
        }
    }

    /** Decodes {@code =2C} and {@code =3D} of a saslname (RFC 5802 §5.1). */
    static String fromSaslName(String name) {
        if (name.replace("=2C", "").replace("=3D", "").indexOf('=') >= 0) {
            throw new MalformedResponseException("= in a saslname must be =2C or =3D");
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
