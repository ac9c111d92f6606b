package io.github.smtpproxy.route;

import io.github.smtpproxy.protocol.HostName;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * A server that a router can name, and how the proxy speaks with it. Immutable: each setting makes another destination.
 * Two are equal if all their settings are.
 */
public final class Destination implements Target {

    private enum Tls {
        NONE,
        STARTTLS,
        IMPLICIT
    }

    private final String host;
    private final int port;
    private final Tls tls;
    private final Optional<StartTls> startTls;
    private final Optional<SSLContext> trust;
    private final Optional<Credentials> credentials;
    private final ClientAnnouncement announcement;
    private final HelloName helloName;

    private Destination(
            String host,
            int port,
            Tls tls,
            Optional<StartTls> startTls,
            Optional<SSLContext> trust,
            Optional<Credentials> credentials,
            ClientAnnouncement announcement,
            HelloName helloName) {
        this.host = host;
        this.port = port;
        this.tls = tls;
        this.startTls = startTls;
        this.trust = trust;
        this.credentials = credentials;
        this.announcement = announcement;
        this.helloName = helloName;
        if (trust.isPresent() && !verifies()) {
            throw new IllegalArgumentException("trust of " + this + " needs implicitTls() or startTls(VERIFIED):"
                    + " no other setting checks the certificate");
        }
    }

    /**
     * A destination in plaintext, which gets the client's EHLO name and no announcement.
     *
     * @param host a domain name (an underscore may be in it) or an IPv4 or IPv6 address; resolved at each connect
     * @param port 1 to 65535
     * @throws IllegalArgumentException if host or port has another form
     */
    public static Destination at(String host, int port) {
        if (!HostName.isValidOrAddress(host)) {
            throw new IllegalArgumentException("host must be a domain name or an IP address, was \"" + host + "\"");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port must be between 1 and 65535, was " + port);
        }
        return new Destination(
                host,
                port,
                Tls.NONE,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                ClientAnnouncement.NONE,
                HelloName.client());
    }

    /** This alone. */
    @Override
    public List<Destination> destinations() {
        return List.of(this);
    }

    /** The domain name or IP address. */
    public String host() {
        return host;
    }

    /** The port, 1 to 65535. */
    public int port() {
        return port;
    }

    /** How STARTTLS is used; empty in plaintext and with implicit TLS. */
    public Optional<StartTls> startTls() {
        return startTls;
    }

    /** Whether TLS starts with the first octet. */
    public boolean hasImplicitTls() {
        return tls == Tls.IMPLICIT;
    }

    /** Whether TLS is tried: false in plaintext only. */
    public boolean usesTls() {
        return tls != Tls.NONE;
    }

    /** Whether no mail is sent in plaintext. */
    public boolean requiresTls() {
        return usesTls() && startTls.filter(s -> s == StartTls.OPPORTUNISTIC).isEmpty();
    }

    /** Whether the certificate must be trusted and name the host. */
    public boolean verifies() {
        return hasImplicitTls() || startTls.filter(s -> s == StartTls.VERIFIED).isPresent();
    }

    /** Whose trust managers check the certificate; empty for the JDK's own choice. */
    public Optional<SSLContext> trust() {
        return trust;
    }

    /** How the proxy logs in; empty where it does not, and the client's AUTH is relayed. */
    public Optional<Credentials> credentials() {
        return credentials;
    }

    /** How it learns who the client is; NONE by default. */
    public ClientAnnouncement announcement() {
        return announcement;
    }

    /** The name that the proxy sends in EHLO; the client's by default. */
    public HelloName helloName() {
        return helloName;
    }

    /** This in plaintext, whatever the destination offers. */
    public Destination plaintext() {
        return tls(Tls.NONE, Optional.empty());
    }

    /** This with STARTTLS. */
    public Destination startTls(StartTls how) {
        return tls(Tls.STARTTLS, Optional.of(Objects.requireNonNull(how, "startTls")));
    }

    /** This with TLS from the first octet and a certificate that is trusted and names the host (RFC 8314 §3.3). */
    public Destination implicitTls() {
        return tls(Tls.IMPLICIT, Optional.empty());
    }

    /**
     * This with its certificate checked by the trust managers of this context; set after TLS.
     *
     * @throws IllegalArgumentException if the certificate is not checked at all
     */
    public Destination trust(SSLContext by) {
        Objects.requireNonNull(by, "trust");
        return new Destination(host, port, tls, startTls, Optional.of(by), credentials, announcement, helloName);
    }

    /** This with the proxy logging in by user and password, see {@link Credentials#password}. */
    public Destination credentials(String user, String password) {
        return credentials(Credentials.password(user, password));
    }

    /** This with the proxy logging in. */
    public Destination credentials(Credentials with) {
        Objects.requireNonNull(with, "credentials");
        return new Destination(host, port, tls, startTls, trust, Optional.of(with), announcement, helloName);
    }

    /** This with the client announced to it. */
    public Destination announce(ClientAnnouncement how) {
        Objects.requireNonNull(how, "announcement");
        return new Destination(host, port, tls, startTls, trust, credentials, how, helloName);
    }

    /** This with another name in EHLO. */
    public Destination helloName(HelloName name) {
        Objects.requireNonNull(name, "helloName");
        return new Destination(host, port, tls, startTls, trust, credentials, announcement, name);
    }

    private Destination tls(Tls kind, Optional<StartTls> how) {
        return new Destination(host, port, kind, how, trust, credentials, announcement, helloName);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Destination that && settings().equals(that.settings());
    }

    @Override
    public int hashCode() {
        return 31 * host.hashCode() + port;
    }

    /** Host and port. */
    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    private List<Object> settings() {
        return List.of(host, port, tls, startTls, trust, credentials, announcement, helloName);
    }
}
