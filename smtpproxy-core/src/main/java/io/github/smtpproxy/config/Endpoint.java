package io.github.smtpproxy.config;

import static io.github.smtpproxy.config.Bounds.check;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.config.ClientTls.Start;
import io.github.smtpproxy.internal.sasl.ServerExchanges;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.tls.PemCertificate;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/** Our side of the wire: where we listen and what we take. Immutable: each setting makes another endpoint. */
public final class Endpoint implements Cloneable {

    // changed in a fresh copy only, before anybody else sees it
    private Optional<String> host = Optional.empty();
    private int port;
    private Optional<String> name = Optional.empty();
    private String hostname = OwnName.ofMachine();
    private int maxConnections = 1_000;
    private int maxRecipients = 1_000;
    private int maxErrors = 100;
    private int maxCommandOctets = 2_048;
    private int maxHeaderOctets = 262_144;
    private int maxHeaderFields = 1_000;
    private int spoolMemory = 65_536;
    private long spoolMax = 256 << 20;
    private BareNewlines bareNewlines = BareNewlines.REJECT;
    private boolean received = true;
    private Optional<ClientTls> tls = Optional.empty();
    private Optional<Authenticator> authenticator = Optional.empty();
    private boolean loginRequired;
    private boolean plaintextAuthentication;
    private int maxFailedLogins = 5;
    private Duration failedLoginDelay = Duration.ofSeconds(1);
    private List<AddressRange> proxyProtocolFrom = List.of();
    private List<AddressRange> xclientFrom = List.of();
    private Optional<Unseen> unseen = Optional.empty();

    private Endpoint() {}

    /** Listens on this port of all addresses; 0 takes a free one. */
    public static Endpoint port(int port) {
        return new Endpoint().with(e -> e.port = check("port", port, 0, 65535));
    }

    /** Listens on this port of this address; {@code 0.0.0.0} is all of IPv4, {@code ::} all of IPv4 and IPv6. */
    public static Endpoint at(String host, int port) {
        if (!HostName.isValidOrAddress(host)) {
            throw new IllegalArgumentException("host must be a domain name or an IP address, was \"" + host + "\"");
        }
        return port(port).with(e -> e.host = Optional.of(host));
    }

    /** The address to listen on; empty for all. */
    public Optional<String> host() {
        return host;
    }

    /** 0 to 65535; 0 takes a free one. */
    public int port() {
        return port;
    }

    /** What it is called in {@code Session.endpoint()}: {@code host:port} as configured unless set. */
    public String name() {
        return name.orElseGet(() -> {
            String address = host.orElse("*");
            return (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + port;
        });
    }

    /** This with another {@link #name()}: 1 to 100 printable characters of US-ASCII. */
    public Endpoint named(String value) {
        Objects.requireNonNull(value, "name");
        if (value.isBlank() || value.length() > 100 || !value.chars().allMatch(c -> c >= ' ' && c < 0x7F)) {
            throw new IllegalArgumentException(
                    "name must be 1 to 100 printable characters of US-ASCII, was " + value.length() + " characters");
        }
        return with(e -> e.name = Optional.of(value));
    }

    /** Our name in Received and in our own replies; this machine's by default. */
    public String hostname() {
        return hostname;
    }

    /** This with another {@link #hostname()}. */
    public Endpoint hostname(String value) {
        return with(e -> e.hostname = OwnName.check(value));
    }

    /** Sessions at once; one more gets 421; 1,000. */
    public int maxConnections() {
        return maxConnections;
    }

    /** This with another {@link #maxConnections()}, 1 to 1,000,000. */
    public Endpoint maxConnections(int value) {
        return with(e -> e.maxConnections = check("maxConnections", value, 1, 1_000_000));
    }

    /** Recipients of a transaction; one more gets {@code 452 4.5.3}; 1,000. */
    public int maxRecipients() {
        return maxRecipients;
    }

    /** This with another {@link #maxRecipients()}, 1 to 1,000,000. */
    public Endpoint maxRecipients(int value) {
        return with(e -> e.maxRecipients = check("maxRecipients", value, 1, 1_000_000));
    }

    /** Replies 500 to 503 in a session, and others of 5xx in the proxy's own words, before {@code 421 4.7.0}; 100. */
    public int maxErrors() {
        return maxErrors;
    }

    /** This with another {@link #maxErrors()}, 1 to 1,000,000. */
    public Endpoint maxErrors(int value) {
        return with(e -> e.maxErrors = check("maxErrors", value, 1, 1_000_000));
    }

    /** Octets of a command line with its line end; 2,048 (RFC 5321 §4.5.3.1.4 and what extensions add). */
    public int maxCommandOctets() {
        return maxCommandOctets;
    }

    /** This with another {@link #maxCommandOctets()}, 512 to 65,536. */
    public Endpoint maxCommandOctets(int value) {
        return with(e -> e.maxCommandOctets = check("maxCommandOctets", value, 512, 65_536));
    }

    /** Octets of a header section that a filter reads; 262,144. */
    public int maxHeaderOctets() {
        return maxHeaderOctets;
    }

    /** This with another {@link #maxHeaderOctets()}, 1,000 to 64 MiB. */
    public Endpoint maxHeaderOctets(int value) {
        return with(e -> e.maxHeaderOctets = check("maxHeaderOctets", value, 1_000, 64 << 20));
    }

    /** Fields of a header section that a filter reads; one more is refused with {@code 552 5.3.4}; 1,000. */
    public int maxHeaderFields() {
        return maxHeaderFields;
    }

    /** This with another {@link #maxHeaderFields()}, 1 to 1,000,000. */
    public Endpoint maxHeaderFields(int value) {
        return with(e -> e.maxHeaderFields = check("maxHeaderFields", value, 1, 1_000_000));
    }

    /** Octets of a body that a filter opened or replaced which are kept in memory, the rest in a temporary file; 65,536. */
    public int spoolMemory() {
        return spoolMemory;
    }

    /** Octets of a body that a filter may open or replace; a larger one is refused with {@code 552 5.3.4}; 256 MiB. */
    public long spoolMax() {
        return spoolMax;
    }

    /** This with another {@link #spoolMemory()}, 0 to 1 GiB, and {@link #spoolMax()}, which is not less, and 1 and up. */
    public Endpoint spool(int memory, long max) {
        return with(e -> {
            e.spoolMemory = check("spoolMemory", memory, 0, 1 << 30);
            e.spoolMax = check("spoolMax", max, Math.max(1, memory), Long.MAX_VALUE);
        });
    }

    /** What happens to a CR or LF alone; REJECT. */
    public BareNewlines bareNewlines() {
        return bareNewlines;
    }

    /** This with another {@link #bareNewlines()}. */
    public Endpoint bareNewlines(BareNewlines value) {
        Objects.requireNonNull(value, "bareNewlines");
        return with(e -> e.bareNewlines = value);
    }

    /** Whether each message gets our Received field (RFC 5321 §4.4); true. */
    public boolean received() {
        return received;
    }

    /** This with or without our Received field. */
    public Endpoint received(boolean value) {
        return with(e -> e.received = value);
    }

    /** TLS with clients; empty for plaintext only. */
    public Optional<ClientTls> tls() {
        return tls;
    }

    /**
     * This offering STARTTLS, whatever the destination offers (RFC 3207).
     *
     * @param context our certificate and key, such as those of {@link PemCertificate}
     */
    public Endpoint offerStartTls(SSLContext context) {
        return tls(Start.STARTTLS_OFFERED, context);
    }

    /** As {@link #offerStartTls}, and taking no mail in plaintext. */
    public Endpoint requireStartTls(SSLContext context) {
        return tls(Start.STARTTLS_REQUIRED, context);
    }

    /** This with TLS from the first octet, as on port 465 (RFC 8314 §3.3). */
    public Endpoint implicitTls(SSLContext context) {
        return tls(Start.IMPLICIT, context);
    }

    /**
     * This asking clients for a certificate, or not; set after TLS. One that the trust managers of our context do not trust
     * ends the handshake; one that they do is seen by filters in {@code Session.tls()}.
     *
     * @throws IllegalArgumentException if this has no TLS
     */
    public Endpoint clientCertificates(boolean value) {
        ClientTls with = tls.orElseThrow(() -> new IllegalArgumentException(
                "clientCertificates needs offerStartTls, requireStartTls or implicitTls before it"));
        return with(e -> e.tls = Optional.of(new ClientTls(with.start(), with.context(), value)));
    }

    /** Decides who may log in here; empty where AUTH is relayed to the destination. */
    public Optional<Authenticator> authenticator() {
        return authenticator;
    }

    /**
     * This ending AUTH here: clients must log in before they send mail, unless {@link Authenticator#isRequired} says otherwise.
     * The destination learns nothing of it but the name, and that only if the client is announced to it by XCLIENT.
     */
    public Endpoint authenticate(Authenticator by) {
        Objects.requireNonNull(by, "authenticator");
        ServerExchanges.offered(by);
        boolean required = by.isRequired();
        return with(e -> {
            e.authenticator = Optional.of(by);
            e.loginRequired = required;
        });
    }

    /** Whether clients must log in here before they send mail. */
    public boolean loginRequired() {
        return loginRequired;
    }

    /** Whether clients may log in without TLS; false. */
    public boolean plaintextAuthentication() {
        return plaintextAuthentication;
    }

    /**
     * This letting clients log in without TLS: their passwords can be read by all on the way. It counts for
     * {@link #authenticate}, and for what a destination offers only since the connection to it is TLS; what it offers in
     * plaintext passes anyway.
     */
    public Endpoint plaintextAuthentication(boolean value) {
        return with(e -> e.plaintextAuthentication = value);
    }

    /**
     * Failed logins of a session, here or at the destination, before {@code 421 4.7.0} ends it; 5. A login that was
     * cancelled, malformed or not allowed is none; it counts towards {@link #maxErrors} where the proxy refuses it.
     */
    public int maxFailedLogins() {
        return maxFailedLogins;
    }

    /** This with another {@link #maxFailedLogins()}, 1 to 1,000. */
    public Endpoint maxFailedLogins(int value) {
        return with(e -> e.maxFailedLogins = check("maxFailedLogins", value, 1, 1_000));
    }

    /** How long the answer to a failed login is held back; a second. */
    public Duration failedLoginDelay() {
        return failedLoginDelay;
    }

    /** This with another {@link #failedLoginDelay()}, 0 to 60 seconds. */
    public Endpoint failedLoginDelay(Duration value) {
        Objects.requireNonNull(value, "failedLoginDelay");
        if (value.isNegative() || value.compareTo(Duration.ofSeconds(60)) > 0) {
            throw new IllegalArgumentException("failedLoginDelay must be between 0 and 60 seconds, was " + value);
        }
        return with(e -> e.failedLoginDelay = value);
    }

    /** Peers that begin each connection with a PROXY header; none. */
    public List<AddressRange> proxyProtocolFrom() {
        return proxyProtocolFrom;
    }

    /**
     * This awaiting a PROXY protocol header, version 1 or 2, from these peers before anything else, TLS too; one that does
     * not send it in time ({@link Timeouts#proxyHeader}) is disconnected. From others it is an unknown command.
     */
    public Endpoint proxyProtocolFrom(AddressRange... peers) {
        return with(e -> e.proxyProtocolFrom = AddressRange.all("proxyProtocolFrom", peers));
    }

    /** Peers that may announce the client with XCLIENT and XFORWARD; none. */
    public List<AddressRange> xclientFrom() {
        return xclientFrom;
    }

    /**
     * This offering Postfix's XCLIENT, and XFORWARD for one transaction at a time, to these peers only.
     * What such a peer calls unavailable stays unknown: the peer's own address does not take its place.
     */
    public Endpoint xclientFrom(AddressRange... peers) {
        return with(e -> e.xclientFrom = AddressRange.all("xclientFrom", peers));
    }

    /** How clients do not notice the proxy; empty where they may. */
    public Optional<Unseen> unseen() {
        return unseen;
    }

    /** This unseen by clients: {@link #received()} is false and {@link #failedLoginDelay()} zero, unless set after this. */
    public Endpoint unseen(Unseen how) {
        Objects.requireNonNull(how, "unseen");
        return received(false).failedLoginDelay(Duration.ZERO).with(e -> e.unseen = Optional.of(how));
    }

    private Endpoint tls(Start start, SSLContext context) {
        boolean asked = tls.filter(ClientTls::clientCertificates).isPresent();
        return with(e -> e.tls = Optional.of(new ClientTls(start, context, asked)));
    }

    private Endpoint with(Consumer<Endpoint> change) {
        try {
            Endpoint copy = (Endpoint) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
