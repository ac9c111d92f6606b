package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.InvalidPropertyException.checked;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.spring.SmtpProxyProperties.Listen;
import io.github.smtpproxy.spring.SmtpProxyProperties.ListenSsl;
import io.github.smtpproxy.spring.SmtpProxyProperties.Mode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLContext;

/** The endpoints that properties tell of, in the order of their names. */
final class ConfiguredEndpoints {

    static final String PREFIX = "smtpproxy.endpoints";

    private final Bundles bundles;

    ConfiguredEndpoints(Bundles bundles) {
        this.bundles = bundles;
    }

    List<Endpoint> of(Map<String, Listen> endpoints) {
        return new TreeMap<>(endpoints)
                .entrySet().stream()
                        .map(e -> endpoint(PREFIX + "." + e.getKey(), e.getKey(), e.getValue()))
                        .toList();
    }

    private Endpoint endpoint(String property, String name, Listen listen) {
        if (listen.port() == null) {
            throw InvalidPropertyException.of(property + ".port", null, "port must be between 0 and 65535");
        }
        Endpoint anyPort = checked(property + ".address", listen.address(), () -> Endpoint.at(listen.address(), 0));
        Endpoint endpoint = checked(
                property + ".port",
                listen.port(),
                () -> Endpoint.at(anyPort.host().orElseThrow(), listen.port()));
        endpoint = named(property, name, endpoint);
        endpoint = limited(property, listen, endpoint);
        return secured(property + ".ssl", listen.ssl(), endpoint);
    }

    private static Endpoint named(String property, String name, Endpoint endpoint) {
        return checked(property, name, () -> endpoint.named(name));
    }

    private static Endpoint limited(String property, Listen listen, Endpoint endpoint) {
        Endpoint called = listen.hostname() == null
                ? endpoint
                : checked(property + ".hostname", listen.hostname(), () -> endpoint.hostname(listen.hostname()));
        return listen.maxConnections() == null
                ? called
                : checked(
                        property + ".max-connections",
                        listen.maxConnections(),
                        () -> called.maxConnections(listen.maxConnections()));
    }

    private Endpoint secured(String property, ListenSsl ssl, Endpoint endpoint) {
        if (ssl.bundle() == null) {
            if (ssl.mode() != null) {
                throw InvalidPropertyException.of(
                        property + ".mode", ssl.mode(), "TLS needs a certificate: set " + property + ".bundle");
            }
            return endpoint;
        }
        SSLContext context = bundles.withKey(property + ".bundle", ssl.bundle());
        return switch (ssl.mode() == null ? Mode.STARTTLS : ssl.mode()) {
            case STARTTLS -> endpoint.offerStartTls(context);
            case REQUIRED -> endpoint.requireStartTls(context);
            case IMPLICIT -> endpoint.implicitTls(context);
        };
    }
}
