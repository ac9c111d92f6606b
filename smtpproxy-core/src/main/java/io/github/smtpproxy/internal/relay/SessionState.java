package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.SessionDownstream;
import io.github.smtpproxy.internal.wire.AnnouncedClient;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Tls;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** The session as filters see it. */
public final class SessionState implements Session, SessionDownstream.Client {

    private static final Hello NOT_INTRODUCED = new Hello(false, "");

    private final String id;
    private final String endpoint;
    private volatile InetSocketAddress remoteAddress;
    private volatile InetSocketAddress localAddress;
    private ClientAttributes connected;
    private Optional<AnnouncedClient> forwarded = Optional.empty();
    private final AttributeMap attributes = new AttributeMap();
    private final Consumer<Attributes> given;
    private volatile Consumer<HangUp> hangUp = how -> {};
    private Optional<Hello> hello = Optional.empty();
    private Extensions offered = Extensions.none();
    private Optional<Tls> tls = Optional.empty();
    private Optional<String> identity = Optional.empty();
    private boolean authenticated;
    private Optional<Destination> home = Optional.empty();
    private Optional<Target> target = Optional.empty();

    /** @param given sets the attributes that it has whoever the client is */
    public SessionState(
            String id,
            String endpoint,
            InetSocketAddress remoteAddress,
            InetSocketAddress localAddress,
            Consumer<Attributes> given) {
        this.id = id;
        this.endpoint = endpoint;
        this.remoteAddress = remoteAddress;
        this.localAddress = localAddress;
        this.connected = ClientAttributes.of(remoteAddress, localAddress);
        this.given = given;
        given.accept(attributes);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remoteAddress;
    }

    @Override
    public InetSocketAddress localAddress() {
        return localAddress;
    }

    /** Where all transactions of the session go, each on a connection of its own; empty if that is not known. */
    public Optional<Target> target() {
        return target;
    }

    void target(Optional<Target> decided) {
        target = decided;
    }

    /** The destination of every transaction, where the router knew it when the client connected. */
    public Optional<Destination> home() {
        return home;
    }

    public void home(Optional<Destination> destination) {
        home = destination;
    }

    /** Where the client is and what it is called, for all of the session. */
    public ClientAttributes connected() {
        return connected;
    }

    /** A trusted peer announced where the client is, and what it connected to. */
    public void connected(ClientAttributes client) {
        connected = client;
        locate();
    }

    /** A trusted peer announced the client of the next transaction; empty if that is the peer itself. */
    public void forwarded(Optional<AnnouncedClient> client) {
        if (client.isPresent() || forwarded.isPresent()) {
            forwarded = client;
            locate();
        }
    }

    public boolean isForwarded() {
        return forwarded.isPresent();
    }

    private void locate() {
        ClientAttributes client = forwarded.map(AnnouncedClient::attributes).orElse(connected);
        remoteAddress = client.remote();
        localAddress = client.local();
    }

    /** All that is known of the client, to be sent to others. */
    @Override
    public AnnouncedClient announced() {
        AnnouncedClient client = forwarded.orElseGet(() -> new AnnouncedClient(connected));
        return client.with(
                client.attributes().introduced(hello().orElse(NOT_INTRODUCED)).loggedIn(identity));
    }

    /** What the client of the next transaction calls itself, which may have come to one in front. */
    @Override
    public Optional<Hello> hello() {
        return forwarded.isEmpty() ? hello : hello.map(h -> forwarded.get().hello(h));
    }

    /** Whether the proxy got EHLO, whatever a server before it got. */
    @Override
    public boolean isExtended() {
        return hello.filter(Hello::extended).isPresent();
    }

    public void hello(Hello accepted, Extensions offer) {
        hello = Optional.of(accepted);
        offered = offer;
    }

    /** What the client was offered in answer to its last EHLO. */
    public Extensions offered() {
        return offered;
    }

    @Override
    public Optional<Tls> tls() {
        return tls;
    }

    @Override
    public boolean authenticated() {
        return authenticated;
    }

    @Override
    public Optional<String> identity() {
        return identity;
    }

    /** The client logged in; the proxy does not know under which name if it did so at the destination. */
    public void authenticated(Optional<String> as) {
        authenticated = true;
        identity = as;
    }

    /** The login came to nothing. */
    public void loggedOut() {
        identity = Optional.empty();
        authenticated = false;
    }

    /** The connection goes on in TLS: what came before may have come from an attacker (RFC 3207 §4.2). */
    public void encrypted(SSLSession by) {
        tls = Optional.of(new Tls(by.getProtocol(), by.getCipherSuite(), certificates(by), serverName(by)));
        forget();
    }

    /** As if the client had just connected. */
    public void forget() {
        forwarded(Optional.empty());
        hello = Optional.empty();
        offered = Extensions.none();
        loggedOut();
    }

    /** What filters know is of another client. */
    public void forgetAttributes() {
        attributes.clear();
        given.accept(attributes);
    }

    private static Optional<String> serverName(SSLSession session) {
        return session instanceof ExtendedSSLSession extended
                ? extended.getRequestedServerNames().stream()
                        .filter(SNIHostName.class::isInstance)
                        .map(name -> ((SNIHostName) name).getAsciiName().toLowerCase(Locale.ROOT))
                        .findFirst()
                : Optional.empty();
    }

    private static List<X509Certificate> certificates(SSLSession session) {
        try {
            return Arrays.stream(session.getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException none) {
            return List.of();
        }
    }

    @Override
    public <T> Optional<T> attribute(Key<T> key) {
        return attributes.attribute(key);
    }

    @Override
    public <T> void attribute(Key<T> key, T value) {
        attributes.attribute(key, value);
    }

    @Override
    public String endpoint() {
        return endpoint;
    }

    /** @param by closes the connections */
    void onHangUp(Consumer<HangUp> by) {
        hangUp = by;
    }

    @Override
    public void hangUp(HangUp how) {
        Objects.requireNonNull(how, "how");
        hangUp.accept(how);
    }
}
