package io.github.smtpproxy.internal.sasl;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

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
            throw new MalformedResponse("not UTF-8");
        }
    }

    /** A name or password: not empty, no NUL. */
    static String filled(String text) {
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new MalformedResponse("empty, or NUL in it");
        }
        return text;
    }

    /** A saslname (RFC 5802 §5.1) with its {@code =2C} and {@code =3D} undone. */
    static String fromSaslName(String name) {
        if (name.replace("=2C", "").replace("=3D", "").indexOf('=') >= 0) {
            throw new MalformedResponse("= in a saslname is =2C or =3D");
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
            throw new MalformedResponse("not base64");
        }
    }
}
