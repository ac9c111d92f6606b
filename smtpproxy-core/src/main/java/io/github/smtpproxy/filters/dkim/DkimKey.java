package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.dns.DnsAnswer;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.Mailbox;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A key with which a domain signs, RSA or Ed25519 (RFC 8463), and its selector, under which the DNS has its public half. An
 * RSA key has 1,024 bits at least; a file with one of less than 2,048 is a warning in the log. Any thread.
 */
public final class DkimKey {

    private final String domain;
    private final String selector;
    private final Supplier<SigningKey> key;
    private final Runnable reload;

    private DkimKey(String domain, String selector, Supplier<SigningKey> key, Runnable reload) {
        this.domain = domain(domain);
        this.selector = selector(selector, this.domain);
        this.key = key;
        this.reload = reload;
    }

    /**
     * A key from a PEM file: unencrypted PKCS#8, or PKCS#1 ({@code RSA PRIVATE KEY}). While messages are signed the file is
     * looked at every 10 seconds; once it has changed, it is read again, and if it cannot be used then, the log says so and the
     * key stays.
     *
     * @param domain who signs; labels beyond ASCII become A-labels
     * @param selector such as {@code s2026}
     * @throws IllegalArgumentException where the file cannot be read, or domain, selector or key cannot be used
     */
    public static DkimKey load(String domain, String selector, Path file) {
        return load(domain, selector, file, System::nanoTime);
    }

    static DkimKey load(String domain, String selector, Path file, LongSupplier nanoTime) {
        KeyFile keyFile = KeyFile.load(Objects.requireNonNull(file, "file"), nanoTime);
        return new DkimKey(domain, selector, keyFile::current, keyFile::reload);
    }

    /**
     * A key that is there already.
     *
     * @throws IllegalArgumentException where domain, selector or key cannot be used
     */
    public static DkimKey of(String domain, String selector, PrivateKey key) {
        SigningKey signing = SigningKey.of(Objects.requireNonNull(key, "key"));
        return new DkimKey(domain, selector, () -> signing, () -> {});
    }

    private static String domain(String domain) {
        Objects.requireNonNull(domain, "domain");
        try {
            String ascii = Mailbox.of("x@" + domain).asciiDomain();
            if (HostName.isValid(ascii)) {
                return ascii;
            }
        } catch (IllegalArgumentException none) {
            // reported below
        }
        throw new IllegalArgumentException("domain must be a domain name, was \"" + domain + "\"");
    }

    private static String selector(String selector, String domain) {
        Objects.requireNonNull(selector, "selector");
        if (!HostName.isValid(selector + "._domainkey." + domain)) {
            throw new IllegalArgumentException("selector must be labels of a name, was \"" + selector + "\"");
        }
        return selector;
    }

    /** Who signs, in lower case and with A-labels. */
    public String domain() {
        return domain;
    }

    /** Which of the domain's keys it is. */
    public String selector() {
        return selector;
    }

    /** The name at which the DNS has its record. */
    public String recordName() {
        return selector + "._domainkey." + domain;
    }

    /** What the DNS has to have there, as one text; texts of more than 255 octets go into a record in several parts. */
    public String record() {
        SigningKey now = key.get();
        return "v=DKIM1; k=" + now.algorithm().keyType() + "; p="
                + Base64.getEncoder().encodeToString(PublicKeys.encode(now.published()));
    }

    /**
     * Reads the file again, at once. A key that came from no file stays as it is.
     *
     * @throws IllegalStateException where {@link #load(String, String, Path)} would refuse the file; the key stays in use
     */
    public void reload() {
        try {
            reload.run();
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** The key itself. */
    SigningKey current() {
        return key.get();
    }

    /** Asks the DNS whether it has this key; what is wrong, or nothing. */
    CompletableFuture<Optional<String>> dnsFault(Resolver resolver) {
        SigningKey now = key.get();
        return resolver.texts(recordName())
                .thenApply(answer -> fault(answer, now).map(f -> recordName() + ": " + f));
    }

    private static Optional<String> fault(DnsAnswer answer, SigningKey key) {
        String fault =
                answer.status() == DnsAnswer.Status.FAILED ? "the DNS did not answer" : "there is no key in the DNS";
        if (answer.values().size() > 1) {
            return Optional.of("the DNS has " + answer.values().size() + " records, of which a verifier may take any");
        }
        for (String text : answer.values()) {
            try {
                if (KeyRecord.parse(text, key.algorithm()).key().equals(key.published())) {
                    return Optional.empty();
                }
                fault = "the DNS has another key";
            } catch (InvalidSignatureException e) {
                fault = "in the DNS: " + e.getMessage();
            }
        }
        return Optional.of(fault);
    }

    /** Names it; nothing of the key. */
    @Override
    public String toString() {
        return recordName();
    }
}
