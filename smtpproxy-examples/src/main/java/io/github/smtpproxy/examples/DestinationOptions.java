package io.github.smtpproxy.examples;

import io.github.smtpproxy.oauth2.OAuth2Tokens;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.HelloName;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.tls.TrustedCertificates;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the gateway is to its destination beyond plain SMTP: TLS, its login, and the name that it sends. */
final class DestinationOptions {

    enum Tls {
        NONE,
        OPPORTUNISTIC,
        REQUIRED,
        VERIFIED,
        IMPLICIT
    }

    @Option(
            names = "--to-tls",
            defaultValue = "none",
            paramLabel = "none|opportunistic|required|verified|implicit",
            description = "TLS with the destination; verified and implicit check its certificate "
                    + "(default: ${DEFAULT-VALUE}).")
    private Tls tls;

    @Option(
            names = "--to-trust",
            paramLabel = "FILE",
            description = "Certificates to trust, in PEM, with verified and implicit (default: the JDK's).")
    private Path trust;

    @Option(names = "--to-user", paramLabel = "NAME", description = "Log in at the destination as this user.")
    private String user;

    @Option(
            names = "--to-password-file",
            paramLabel = "FILE",
            description = "The password for --to-user: the first line of this file.")
    private Path passwordFile;

    @Option(
            names = "--send-client",
            defaultValue = "none",
            paramLabel = "none|proxy-v1|proxy-v2|xclient|xforward",
            converter = AnnouncementConverter.class,
            description = "How the destination learns who the client is (default: ${DEFAULT-VALUE}).")
    private ClientAnnouncement sendClient;

    @Option(
            names = "--hello",
            defaultValue = "client",
            paramLabel = "own|client|NAME",
            description = "The name in EHLO to the destination (default: ${DEFAULT-VALUE}).")
    private String hello;

    @Mixin
    private OAuth2Options oauth2;

    /** @throws IllegalArgumentException if options contradict each other or a file is invalid */
    Destination applyTo(Destination plain) {
        Destination destination = secured(plain);
        if (trust != null) {
            destination = destination.trust(OptionValue.of("--to-trust", () -> TrustedCertificates.load(trust)));
        }
        return loggingIn(destination).announce(sendClient).helloName(name());
    }

    private Destination loggingIn(Destination plain) {
        Optional<OAuth2Tokens> tokens = oauth2.tokens();
        if (tokens.isPresent()) {
            if (user == null || passwordFile != null) {
                throw new IllegalArgumentException("--oauth2-endpoint needs --to-user, and no --to-password-file");
            }
            return plain.credentials(Credentials.oauth2(user, tokens.get()));
        }
        if ((user == null) != (passwordFile == null)) {
            throw new IllegalArgumentException("--to-user and --to-password-file must be given together");
        }
        return user == null
                ? plain
                : OptionValue.of(
                        "--to-password-file", () -> plain.credentials(user, TextFile.first(passwordFile, "password")));
    }

    private Destination secured(Destination plain) {
        return switch (tls) {
            case NONE -> plain;
            case OPPORTUNISTIC -> plain.startTls(StartTls.OPPORTUNISTIC);
            case REQUIRED -> plain.startTls(StartTls.REQUIRED);
            case VERIFIED -> plain.startTls(StartTls.VERIFIED);
            case IMPLICIT -> plain.implicitTls();
        };
    }

    private HelloName name() {
        return switch (hello) {
            case "own" -> HelloName.own();
            case "client" -> HelloName.client();
            default -> OptionValue.of("--hello", () -> HelloName.of(hello));
        };
    }

    static final class AnnouncementConverter implements ITypeConverter<ClientAnnouncement> {
        @Override
        public ClientAnnouncement convert(String value) {
            for (ClientAnnouncement one : ClientAnnouncement.values()) {
                if (one.name().replace('_', '-').equalsIgnoreCase(value)) {
                    return one;
                }
            }
            throw new TypeConversionException(
                    "must be none, proxy-v1, proxy-v2, xclient or xforward, was '" + value + "'");
        }
    }
}
