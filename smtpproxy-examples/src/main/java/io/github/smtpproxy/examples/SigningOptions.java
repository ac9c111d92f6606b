package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.filters.dkim.DkimKey;
import io.github.smtpproxy.filters.dkim.SignDkim;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** What the gateway signs, and with which keys. */
final class SigningOptions {

    @Option(
            names = "--dkim",
            paramLabel = "DOMAIN:SELECTOR:FILE",
            description =
                    "Sign mail from this domain with the key in this PEM file, RSA or Ed25519, if its client is local, "
                            + "private or authenticated.")
    private List<String> dkim = List.of();

    /**
     * Signs behind all other filters, which may change the message.
     *
     * @param reload gets the keys, which can be read again
     * @throws IllegalArgumentException if an option has an invalid value
     */
    void applyTo(SmtpProxyBuilder proxy, Reload reload) {
        if (!dkim.isEmpty()) {
            proxy.filter(SignDkim.with(dkim.stream()
                    .map(option -> OptionValue.of("--dkim", option, () -> key(option, reload)))
                    .toArray(DkimKey[]::new)));
        }
    }

    private static DkimKey key(String option, Reload reload) {
        String[] parts = option.split(":", 3);
        if (parts.length < 3) {
            throw new IllegalArgumentException("--dkim must be DOMAIN:SELECTOR:FILE, was '" + option + "'");
        }
        try {
            Path file = SecretFile.checked(Path.of(parts[2]));
            DkimKey key = OptionValue.of("--dkim " + option, () -> DkimKey.load(parts[0], parts[1], file));
            reload.add("the DKIM key in " + file, key::reload);
            return key;
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("--dkim must name a file, was '" + parts[2] + "'", e);
        }
    }
}
