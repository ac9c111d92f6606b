package io.github.smtpproxy.filters.dkim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private key in a PEM file (RFC 7468), unencrypted: PKCS#8, or PKCS#1 for RSA. While it is used, the file is looked at
 * from time to time, and read again when it has changed. Messages name the file, never its content. Thread-safe.
 */
final class KeyFile {

    private static final Logger log = LoggerFactory.getLogger(KeyFile.class);
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ((?:RSA )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]*+)-----END \\1-----");
    private static final int LARGEST = 64 * 1024;
    private static final long INTERVAL = Duration.ofSeconds(10).toNanos();

    private final Path file;
    private final LongSupplier nanoTime;
    private final AtomicLong lookedAt;
    private volatile Optional<String> refused = Optional.empty();
    private volatile Loaded loaded;

    /** @param stamp tells whether the file is the same as it was */
    private record Loaded(SigningKey key, String stamp) {}

    private KeyFile(Path file, LongSupplier nanoTime) {
        this.file = file;
        this.nanoTime = nanoTime;
        this.lookedAt = new AtomicLong(nanoTime.getAsLong());
        this.loaded = read();
    }

    /** @throws IllegalArgumentException where there is no key that can be used */
    static KeyFile load(Path file, LongSupplier nanoTime) {
        return new KeyFile(file, nanoTime);
    }

    /** The key that was read last. */
    SigningKey current() {
        long now = nanoTime.getAsLong();
        long last = lookedAt.get();
        // one thread looks, the others go on
        if (now - last >= INTERVAL && lookedAt.compareAndSet(last, now)) {
            look();
        }
        return loaded.key;
    }

    private void look() {
        String stamp = "";
        try {
            stamp = stamp();
            if (!stamp.equals(loaded.stamp)) {
                reload();
                refused = Optional.empty();
                log.info("{}: was read again", file);
            }
        } catch (IllegalArgumentException e) {
            // it may be half written, and is tried again
            if (!refused.equals(Optional.of(stamp))) {
                log.warn("{}; the key that was read before stays in use", e.getMessage());
            }
            refused = Optional.of(stamp);
        }
    }

    /** @throws IllegalArgumentException as {@link #load}; what was read before stays in use */
    void reload() {
        Loaded now = read();
        if (now.key.algorithm() != loaded.key.algorithm()) {
            throw new IllegalArgumentException(
                    file + ": holds an " + now.key + " now, and an " + loaded.key + " before");
        }
        loaded = now;
    }

    private Loaded read() {
        String stamp = stamp();
        Matcher block = BLOCK.matcher(text());
        if (!block.find()) {
            throw new IllegalArgumentException(file + ": holds no unencrypted PEM private key, as"
                    + " 'openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048' writes");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(block.group(2));
            byte[] pkcs8 = block.group(1).startsWith("RSA") ? Der.privateRsa(der) : der;
            SigningKey key = SigningKey.of(privateKey(pkcs8));
            if (key.isShort()) {
                log.warn("{}: has less than 2048 bits, which some do not accept", file);
            }
            return new Loaded(key, stamp);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage());
        }
    }

    private static PrivateKey privateKey(byte[] pkcs8) {
        for (String algorithm : new String[] {"RSA", "Ed25519"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException another) {
                // then it is of the next kind
            }
        }
        throw new IllegalArgumentException("the private key is damaged, or neither RSA nor Ed25519");
    }

    private String stamp() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private String text() {
        try {
            if (Files.size(file) > LARGEST) {
                throw new IllegalArgumentException(file + ": is larger than " + LARGEST + " octets");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private IllegalArgumentException unreadable(IOException e) {
        return new IllegalArgumentException(
                file + ": cannot be read: " + e.getClass().getSimpleName(), e);
    }
}
