package io.github.smtpproxy.routing;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.Login;
import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.service.HttpExchange;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks an HTTP server who may log in and where mail goes, by the protocol of nginx's {@code auth_http}: a script that served
 * nginx serves here as it is. As the authenticator of an endpoint it is asked at AUTH PLAIN and LOGIN, and its answer is the
 * route too. As the router it is asked at each RCPT of a client that has not logged in ({@code Auth-Method: none}).
 *
 * <p>{@code Auth-Status: OK} needs {@code Auth-Server} and {@code Auth-Port}; {@code Auth-User} is the name under which the
 * client is logged in. Any other status refuses in its own words, with {@code Auth-Error-Code} before them, by default {@code
 * 535 5.7.0} at AUTH and {@code 550 5.7.1} at RCPT. A refused login is answered after {@code Auth-Wait} seconds; where there
 * is none, the session ends. If the server cannot be asked, the client gets {@code 451 4.3.2}.
 *
 * <p>The server gets passwords, so it is best reached on loopback or by {@code https}. Immutable: each setting makes another
 * one. Any thread.
 *
 * @see <a href="https://nginx.org/en/docs/mail/ngx_mail_auth_http_module.html#protocol">the protocol</a>
 */
public final class AuthHttp implements Router, Authenticator, Cloneable {

    private static final Logger log = LoggerFactory.getLogger(AuthHttp.class);
    private static final Key<AuthHttpAnswer> ANSWER = Key.of("answer of auth_http", AuthHttpAnswer.class);
    private static final Key<Integer> ATTEMPTS = Key.of("questions of auth_http", Integer.class);
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Reply DOWN = Reply.defer("4.3.2", "Cannot look up this user or recipient now");

    private final URI url;
    private Duration limit = Duration.ofSeconds(20);
    private Map<String, String> headers = Map.of();
    private Set<Target> reach = Set.of();
    private UnaryOperator<Destination> settings = d -> d;
    private boolean logsIn;
    private boolean required = true;

    private AuthHttp(URI url) {
        this.url = url;
    }

    /** Asks this URL, such as {@code http://127.0.0.1:9000/auth}. */
    public static AuthHttp at(String url) {
        return new AuthHttp(AuthHttpRequest.url(url));
    }

    /**
     * This with a limit of the time that an answer may take: 20 s by default, 10 minutes at most. At RCPT {@code
     * Timeouts.routing} bounds it too.
     */
    public AuthHttp within(Duration value) {
        return with(a -> a.limit = TimeLimit.check("limit", value, LONGEST));
    }

    /** This with one more field of each request, such as a key by which the server knows the proxy. */
    public AuthHttp header(String name, String value) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
        if (!name.matches("[!#-'*+.^-z|~0-9A-Z-]{1,100}") || !value.matches("[ -~]{0,1000}")) {
            throw new IllegalArgumentException("header must be a name and a value of printable US-ASCII, was " + name);
        }
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return with(a -> a.headers = more);
    }

    /**
     * This with servers of which EHLO offers what all have in common, since it is answered before the HTTP server is asked.
     * Without any it offers nothing of them, neither SIZE nor 8BITMIME.
     *
     * @param targets those that the HTTP server names, or some that are like them
     */
    public AuthHttp reach(Target... targets) {
        Objects.requireNonNull(targets, "targets");
        List<Target> all = List.of(targets);
        return with(a -> a.reach = new LinkedHashSet<>(all));
    }

    /**
     * This with other settings of each destination, such as {@code d -> d.announce(ClientAnnouncement.XCLIENT)}.
     *
     * @param how called on any thread
     */
    public AuthHttp destination(UnaryOperator<Destination> how) {
        Objects.requireNonNull(how, "destination");
        return with(a -> a.settings = how);
    }

    /**
     * This, logging in at the destination like the client, or by {@code Auth-User} and {@code Auth-Pass} of the answer;
     * nginx's {@code proxy_smtp_auth}. A password is sent in TLS only, see {@link Destination#credentials(String, String)}.
     */
    public AuthHttp logIn() {
        return with(a -> a.logsIn = true);
    }

    /**
     * This letting clients send mail without logging in, nginx's {@code smtp_auth none}: the HTTP server is asked at each RCPT.
     * For an endpoint that this is the authenticator of; at any other, clients do not log in here.
     */
    public AuthHttp optional() {
        return with(a -> a.required = false);
    }

    private AuthHttp with(Consumer<AuthHttp> change) {
        try {
            AuthHttp copy = (AuthHttp) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public Set<Target> reach() {
        return reach;
    }

    /** The route of a client that has logged in. */
    @Override
    public Route mail(Session session, MailFrom mail) {
        Optional<AuthHttpAnswer> answer = session.authenticated() ? session.attribute(ANSWER) : Optional.empty();
        return answer.map(this::route).orElseGet(Route::undecided);
    }

    /** The route of a client that has not. */
    @Override
    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
        try {
            AuthHttpAnswer answer = ask(AuthHttpRequest.withoutLogin(session, mail, rcpt, attempt(session)));
            return answer.isOk() ? route(answer) : Route.refuse(answer.refusal("550 5.7.1"));
        } catch (IOException e) {
            return Route.refuse(down(session, e));
        }
    }

    private Route route(AuthHttpAnswer answer) {
        Destination server = settings.apply(answer.server());
        return Route.to(answer.credentials()
                .filter(c -> logsIn)
                .map(server::credentials)
                .orElse(server));
    }

    @Override
    public boolean isRequired() {
        return required;
    }

    /** Not without a session. */
    @Override
    public boolean accepts(String user, String password) {
        return false;
    }

    @Override
    public Authenticator forSession(Session session) {
        return new Authenticator() {
            @Override
            public boolean accepts(String user, String password) {
                return login(user, password) instanceof Login.Accepted;
            }

            @Override
            public Login login(String user, String password) {
                return AuthHttp.this.login(session, user, password);
            }
        };
    }

    private Login login(Session session, String user, String password) {
        try {
            AuthHttpAnswer answer = ask(AuthHttpRequest.login(session, user, password, attempt(session)));
            if (!answer.isOk()) {
                return answer.refusedLogin();
            }
            AuthHttpAnswer known = answer.orElse(user, password);
            session.attribute(ANSWER, known);
            return Login.accepted(known.user());
        } catch (IOException e) {
            return Login.refused(down(session, e));
        }
    }

    /** How often the server has been asked for this session. */
    private static int attempt(Session session) {
        int attempt = session.attribute(ATTEMPTS).orElse(0) + 1;
        session.attribute(ATTEMPTS, attempt);
        return attempt;
    }

    private AuthHttpAnswer ask(AuthHttpRequest request) throws IOException {
        HttpExchange.Request sent =
                new HttpExchange.Request(request.head(url, headers), new ByteArrayInputStream(new byte[0]));
        return AuthHttpAnswer.of(HttpExchange.send(url, limit, sent, 0).fields());
    }

    private static Reply down(Session session, IOException failure) {
        log.warn("{}: the server of auth_http cannot be asked: {}", session.id(), Printable.of(failure.toString()));
        return DOWN;
    }
}
