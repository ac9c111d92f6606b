package io.github.smtpproxy.route;

import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * A server that a router can name, and how the proxy speaks with it. Immutable.
 *
 * @param host a domain name (an underscore may be in it) or an IPv4 or IPv6 address; resolved at each connect
 * @param port 1 to 65535
 * @param tls NONE unless said otherwise
 * @param trust says which certificates are trusted where {@code tls} verifies them; empty for the JDK's own choice
 * @param credentials what the proxy logs in with; empty where it does not, and the client's AUTH is relayed
 * @param announcement how it learns who the client is; NONE unless said otherwise
 * @param helloName the name that it hears in EHLO; the client's unless said otherwise
 */
public record Destination(
        String host,
        int port,
        TlsPolicy tls,
        Optional<SSLContext> trust,
        Optional<Credentials> credentials,
        ClientAnnouncement announcement,
        HelloName helloName) {

    /** Checks host and port, and that what is said makes sense together. */
    public Destination {
        HostForm.check("host of a destination", host);
        Objects.requireNonNull(tls, "tls");
        Objects.requireNonNull(trust, "trust");
        Objects.requireNonNull(credentials, "credentials");
        Objects.requireNonNull(announcement, "announcement");
        Objects.requireNonNull(helloName, "helloName");
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port of a destination is 1 to 65535, not " + port);
        }
        if (trust.isPresent() && !tls.verifies()) {
            throw new IllegalArgumentException("trust of " + host + " has no effect: tls is " + tls
                    + ", and certificates are looked at with VERIFIED and IMPLICIT only");
        }
    }

    /** A destination in plaintext, as which the client introduces itself. */
    public static Destination at(String host, int port) {
        return new Destination(
                host,
                port,
                TlsPolicy.NONE,
                Optional.empty(),
                Optional.empty(),
                ClientAnnouncement.NONE,
                HelloName.client());
    }

    /** This with STARTTLS by a policy, or NONE. */
    public Destination startTls(TlsPolicy policy) {
        Objects.requireNonNull(policy, "policy");
        if (policy == TlsPolicy.IMPLICIT) {
            throw new IllegalArgumentException("IMPLICIT is not STARTTLS: say implicitTls()");
        }
        return new Destination(host, port, policy, trust, credentials, announcement, helloName);
    }

    /** This with TLS from the first octet. */
    public Destination implicitTls() {
        return new Destination(host, port, TlsPolicy.IMPLICIT, trust, credentials, announcement, helloName);
    }

    /** This with its certificate checked by the trust managers of this context; after the policy. */
    public Destination trust(SSLContext by) {
        Objects.requireNonNull(by, "trust");
        return new Destination(host, port, tls, Optional.of(by), credentials, announcement, helloName);
    }

    /** This with the proxy logging in by user and password. */
    public Destination credentials(String user, String password) {
        return credentials(Credentials.password(user, password));
    }

    /** This with the proxy logging in. */
    public Destination credentials(Credentials with) {
        Objects.requireNonNull(with, "credentials");
        return new Destination(host, port, tls, trust, Optional.of(with), announcement, helloName);
    }

    /** This, told who the client is. */
    public Destination announce(ClientAnnouncement how) {
        return new Destination(host, port, tls, trust, credentials, how, helloName);
    }

    /** This, hearing another name in EHLO. */
    public Destination helloName(HelloName name) {
        return new Destination(host, port, tls, trust, credentials, announcement, name);
    }

    /** Host and port. */
    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
