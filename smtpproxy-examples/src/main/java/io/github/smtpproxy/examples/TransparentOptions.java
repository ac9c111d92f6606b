package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Transparent;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of the gateway where clients do not know of it. */
final class TransparentOptions {

    enum Means {
        TPROXY {
            @Override
            Transparent settings() {
                return Transparent.tproxy();
            }
        },
        REDIRECT {
            @Override
            Transparent settings() {
                return Transparent.redirect();
            }
        },
        ANYIP {
            @Override
            Transparent settings() {
                return Transparent.anyIp();
            }
        };

        abstract Transparent settings();
    }

    @Option(
            names = "--transparent",
            paramLabel = "tproxy|redirect|anyip",
            description = "How connections come here, with --mode transparent (default: tproxy).")
    private Optional<Means> means;

    /** @throws IllegalArgumentException if it is given in another mode */
    void applyTo(SmtpProxyBuilder builder, boolean transparent) {
        if (transparent) {
            builder.transparent(means.orElse(Means.TPROXY).settings());
        } else if (means.isPresent()) {
            throw new IllegalArgumentException("--transparent needs --mode transparent");
        }
    }
}
