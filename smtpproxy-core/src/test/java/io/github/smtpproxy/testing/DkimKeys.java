package io.github.smtpproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Base64;

/** Keys in PEM files. */
public final class DkimKeys {

    private DkimKeys() {}

    /** As {@code openssl genpkey} writes it. */
    public static String pkcs8(KeyPair keys) {
        return pem("PRIVATE KEY", keys.getPrivate().getEncoded());
    }

    /** As {@code openssl genrsa -traditional} writes it: without what PKCS#8 has around a key of 2,048 bits. */
    public static String pkcs1(KeyPair keys) {
        byte[] pkcs8 = keys.getPrivate().getEncoded();
        byte[] key = new byte[pkcs8.length - 26];
        System.arraycopy(pkcs8, 26, key, 0, key.length);
        return pem("RSA PRIVATE KEY", key);
    }

    /** A block of PEM. */
    public static String pem(String label, byte[] der) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
    }

    /** The file, with this text. */
    public static Path file(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
