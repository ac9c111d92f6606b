package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.InvalidPropertyException.checked;

import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.spring.SmtpProxyProperties.Protection;
import io.github.smtpproxy.spring.SmtpProxyProperties.Server;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The destinations that properties tell of, by name. */
final class ConfiguredDestinations {

    static final String PREFIX = "smtpproxy.destinations";

    /** What {@code DestinationsHealth} has by this name; known here too, where that may not be on the class path. */
    static final String LISTENER = "listener";

    private final Bundles bundles;

    ConfiguredDestinations(Bundles bundles) {
        this.bundles = bundles;
    }

    SortedMap<String, Destination> of(Map<String, Server> servers) {
        if (servers.containsKey(LISTENER)) {
            throw InvalidPropertyException.of(
                    PREFIX + "." + LISTENER + ".*",
                    "a destination",
                    "it must have another name: by this one, health reports the proxy's own listener");
        }
        SortedMap<String, Destination> named = new TreeMap<>();
        servers.forEach((name, server) -> named.put(name, destination(PREFIX + "." + name, server)));
        return named;
    }

    private Destination destination(String property, Server server) {
        if (server.host() == null) {
            throw InvalidPropertyException.of(property + ".host", null, "host must be a domain name or an IP address");
        }
        Destination anyPort = checked(property + ".host", server.host(), () -> Destination.at(server.host(), 25));
        Destination destination =
                checked(property + ".port", server.port(), () -> Destination.at(anyPort.host(), server.port()));
        return loggedIn(property, server, trusting(property, server, secured(server.tls(), destination)));
    }

    private static Destination secured(Protection tls, Destination destination) {
        return switch (tls) {
            case NONE -> destination;
            case OPPORTUNISTIC -> destination.startTls(StartTls.OPPORTUNISTIC);
            case REQUIRED -> destination.startTls(StartTls.REQUIRED);
            case VERIFIED -> destination.startTls(StartTls.VERIFIED);
            case IMPLICIT -> destination.implicitTls();
        };
    }

    private Destination trusting(String property, Server server, Destination destination) {
        String bundle = server.ssl().bundle();
        if (bundle == null) {
            return destination;
        }
        if (!destination.verifies()) {
            throw InvalidPropertyException.of(
                    property + ".ssl.bundle",
                    bundle,
                    "no certificate is checked by it: set " + property + ".tls to verified or implicit");
        }
        return destination.trust(bundles.withTrust(property + ".ssl.bundle", bundle));
    }

    private static Destination loggedIn(String property, Server server, Destination destination) {
        String user = server.username();
        String password = server.password();
        if (user == null && password == null) {
            return destination;
        }
        if (user == null) {
            throw InvalidPropertyException.of(property + ".username", null, "a password needs a username");
        }
        if (password == null) {
            throw InvalidPropertyException.of(property + ".password", null, "a username needs a password");
        }
        checked(property + ".username", user, () -> Credentials.password(user, "any"));
        return checked(property + ".password", "(not shown)", () -> destination.credentials(user, password));
    }
}
