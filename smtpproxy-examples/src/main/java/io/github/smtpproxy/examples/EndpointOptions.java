package io.github.smtpproxy.examples;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.tls.PemCertificate;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The side of the clients beyond plain SMTP: TLS, logins and trusted peers. */
final class EndpointOptions {

    enum Tls {
        STARTTLS,
        REQUIRED,
        IMPLICIT,
        PASSTHROUGH,
        HIDE,
        REORIGINATE
    }

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "The certificate chain for TLS with clients, in PEM.")
    private Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "The key of that certificate, in PEM.")
    private Path key;

    @Option(
            names = "--tls",
            paramLabel = "starttls|required|implicit|passthrough|hide|reoriginate",
            description = "TLS with clients: offered, no mail without it, or from the first octet "
                    + "(default: starttls if there is a certificate). Or clients take the gateway for the destination, "
                    + "whose STARTTLS passes unread, is hidden, or ends here and begins anew.")
    private Tls tls;

    @Mixin
    private UnseenOptions unseenOptions;

    @Option(
            names = "--users",
            paramLabel = "FILE",
            description =
                    "Clients log in here, over TLS, as one of the users of this file: name:password on each line. "
                            + "Without it, AUTH is relayed.")
    private Path users;

    @Option(
            names = "--plaintext-auth",
            description = "Clients may log in without TLS: everybody on the way can read their passwords.")
    private boolean plaintextAuth;

    @Option(
            names = "--proxy-protocol-from",
            paramLabel = "CIDR",
            split = ",",
            description = "Peers that begin each connection with a PROXY header, version 1 or 2.")
    private List<String> proxyProtocolFrom = List.of();

    @Option(
            names = "--xclient-from",
            paramLabel = "CIDR",
            split = ",",
            description = "Peers that may send XCLIENT and XFORWARD.")
    private List<String> xclientFrom = List.of();

    private Optional<PemCertificate> pem = Optional.empty();
    private Optional<UsersFile> known = Optional.empty();

    /**
     * Reads the files, once for all endpoints.
     *
     * @param reload gets those that can be read again
     * @throws IllegalArgumentException if one is missing or invalid
     */
    void load(Reload reload) {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("--tls-cert and --tls-key must be given together");
        }
        pem = Optional.ofNullable(certificate)
                .map(chain -> OptionValue.of("--tls-cert", () -> PemCertificate.load(chain, SecretFile.checked(key))));
        pem.ifPresent(read -> reload.add("the certificate in " + certificate, read::reload));
        known = Optional.ofNullable(users)
                .map(file -> OptionValue.of("--users", () -> UsersFile.load(SecretFile.checked(file))));
        known.ifPresent(read -> reload.add("the users in " + users, read::reload));
    }

    /**
     * @param own TLS of this endpoint, if it is not that of all
     * @param transparent whether clients do not know of the gateway, so that STARTTLS passes unless it is said otherwise
     * @throws IllegalArgumentException if options contradict each other
     */
    Endpoint applyTo(Endpoint plain, Optional<Tls> own, boolean transparent) {
        Endpoint endpoint = secured(plain, own, transparent)
                .plaintextAuthentication(plaintextAuth)
                .proxyProtocolFrom(ranges("--proxy-protocol-from", proxyProtocolFrom))
                .xclientFrom(ranges("--xclient-from", xclientFrom));
        if (known.isPresent() && endpoint.tls().isEmpty() && !plaintextAuth) {
            throw new IllegalArgumentException("--users needs --tls-cert and --tls-key, or --plaintext-auth");
        }
        return known.map(endpoint::authenticate).orElse(endpoint);
    }

    private Endpoint secured(Endpoint endpoint, Optional<Tls> own, boolean transparent) {
        Optional<Tls> unsaid = transparent ? Optional.of(Tls.PASSTHROUGH) : Optional.empty();
        Optional<Tls> how = own.or(() -> Optional.ofNullable(tls))
                .or(() -> pem.map(p -> Tls.STARTTLS))
                .or(() -> unsaid);
        return how.isEmpty() ? plain(endpoint) : secured(endpoint, how.get(), own.isPresent());
    }

    private Endpoint plain(Endpoint endpoint) {
        unseenOptions.refuseAll();
        return endpoint;
    }

    private Endpoint secured(Endpoint endpoint, Tls how, boolean own) {
        return switch (how) {
            case STARTTLS -> plain(endpoint).offerStartTls(context(how, own));
            case REQUIRED -> plain(endpoint).requireStartTls(context(how, own));
            case IMPLICIT -> plain(endpoint).implicitTls(context(how, own));
            case PASSTHROUGH -> unseenOptions.passthrough(without(endpoint));
            case HIDE -> unseenOptions.hide(without(endpoint));
            case REORIGINATE -> unseenOptions.reoriginate(endpoint, pem);
        };
    }

    private SSLContext context(Tls how, boolean own) {
        return pem.orElseThrow(() -> new IllegalArgumentException((own ? "--listen with =" : "--tls ")
                        + how.name().toLowerCase(Locale.ROOT) + " needs --tls-cert and --tls-key"))
                .context();
    }

    private Endpoint without(Endpoint endpoint) {
        if (pem.isPresent()) {
            throw new IllegalArgumentException("--tls passthrough and hide exclude --tls-cert and --tls-key");
        }
        return endpoint;
    }

    private static AddressRange[] ranges(String option, List<String> texts) {
        return OptionValue.of(
                option, () -> texts.stream().map(AddressRange::parse).toArray(AddressRange[]::new));
    }
}
