package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.ServerReply;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a connection to where mail can be sent: EHLO, STARTTLS, XCLIENT, our login. The destination's last reply is the
 * answer to the client's EHLO; where a step fails, that failure is. Used by the session's thread.
 */
final class Handshake {

    private static final Logger log = LoggerFactory.getLogger(Handshake.class);

    private final Downstream downstream;
    private final Network network;
    private final Destination destination;
    private final Wire.Log name;
    private final Optional<Announcement> announcement;
    private final Optional<ClientAttributes> named;
    private Optional<ClientAttributes> announced = Optional.empty();
    private Set<String> given = Set.of();
    private Hello introduced = new Hello(false, "");
    private boolean loggedIn;
    private boolean clientLoggedIn;
    private boolean ready;

    /**
     * @param network waits for what may block
     * @param announcement who the client is; empty where there is none yet
     */
    Handshake(Downstream downstream, Network network, Wire.Log name, Optional<Announcement> announcement) {
        this.downstream = downstream;
        this.network = network;
        this.destination = downstream.destination();
        this.name = name;
        this.announcement = announcement;
        this.named = announcement.map(Announcement::client);
    }

    /** EHLO or HELO, and all that must follow it. */
    Answer introduce(Hello hello) {
        return introduce(hello, hello);
    }

    /**
     * The same in the name of a client.
     *
     * @param hello what the destination is sent
     * @param client what the client sent, which XCLIENT passes on
     */
    Answer introduce(Hello hello, Hello client) {
        introduced = client;
        Hello first = !destination.usesTls() && needsNoExtension() ? hello : new Hello(true, hello.name());
        Answer answer = downstream.hello(first);
        if (answer.isPermanent() && !first.equals(hello) && needsNoExtension() && !downstream.isIntroduced()) {
            return downstream.hello(hello);
        }
        for (Step step : List.<Step>of(this::encrypt, this::announce, this::logIn)) {
            answer = answer.isPositive() ? step.after(answer, first) : answer;
        }
        ready |= answer.isPositive();
        return answer.isPositive() && !first.equals(hello) ? toHelo(answer) : answer;
    }

    /** The reply to EHLO, as that to HELO would be: a server may accept one of the two once only, and is not asked again. */
    private static Answer toHelo(Answer welcome) {
        String first = welcome.reply().orElseThrow().wireLines().get(0);
        String only = first.length() > 3 ? first.substring(0, 3) + " " + first.substring(4) : first;
        return Answer.of(ServerReply.parse(List.of(only)));
    }

    /**
     * Names another client on a connection that is introduced: XCLIENT, EHLO, our login.
     *
     * @param former the attributes that the destination was given of another client: it may keep each that it gets no value for
     * @return not admitted where it could keep one of them, or does not offer XCLIENT; nothing was sent then
     */
    Answer nameAnother(Hello hello, Hello client, Set<String> former) {
        introduced = client;
        ClientAttributes other = announcement.orElseThrow().client().introduced(client);
        List<String> lines = Announcement.xclient(other, downstream.extensions());
        if (lines.isEmpty() || !Announcement.given(lines).containsAll(former)) {
            return Answer.failed(Failure.NOT_ADMITTED);
        }
        Answer answer = announce(Answer.failed(Failure.NOT_ADMITTED), hello);
        return answer.isPositive() ? logIn(answer, hello) : answer;
    }

    /** The attributes of the client that the destination was given. */
    Set<String> given() {
        return given;
    }

    /** Whether another client than the present one was announced to the destination. */
    boolean isOutdated() {
        return isOutdated(introduced);
    }

    /** The same for a client that introduces itself. A client can be announced once only on a connection. */
    boolean isOutdated(Hello client) {
        return switch (destination.announcement()) {
            case PROXY_V1, PROXY_V2 -> !named.map(ClientAttributes::remote).equals(now().map(ClientAttributes::remote));
            case XCLIENT -> announced.isPresent() && !announced.equals(now().map(c -> c.introduced(client)));
            case NONE, XFORWARD -> false;
        };
    }

    private Optional<ClientAttributes> now() {
        return announcement.map(Announcement::client);
    }

    /** The client has logged in at the destination: with TLS from now on, it would forget that (RFC 3207 §4.2). */
    void clientLoggedIn() {
        clientLoggedIn = true;
    }

    /** Whether commands other than EHLO may be sent: required TLS, our login and the client's name come before. */
    boolean isReady() {
        boolean secure = !destination.requiresTls() || downstream.isEncrypted();
        return ready || secure && needsNoExtension();
    }

    /** Whether opportunistic TLS failed: a new connection in plaintext is the way on. */
    boolean isWorthPlaintext(Answer answer) {
        return answer.is(Failure.INSECURE) && destination.usesTls() && !destination.requiresTls();
    }

    /** XFORWARD names the next transaction's client for the destination's log; a refusal of it changes nothing. */
    void forward(String transaction) {
        if (destination.announcement() != ClientAnnouncement.XFORWARD || announcement.isEmpty()) {
            return;
        }
        for (String line : announcement.get().xforward(transaction, downstream.extensions())) {
            Answer answer = downstream.ask(line);
            if (!answer.isPositive()) {
                String escaped = LogText.escape(answer.toString());
                log.warn("{}: {} answers XFORWARD with {}", name.session(), destination, escaped);
            }
        }
    }

    private interface Step {
        /**
         * @param last the answer before
         * @param hello what is sent again where the session begins anew
         * @return the destination's last answer
         */
        Answer after(Answer last, Hello hello);
    }

    /** Whether a destination that knows no extension would do. */
    private boolean needsNoExtension() {
        return !destination.requiresTls()
                && destination.credentials().isEmpty()
                && destination.announcement() != ClientAnnouncement.XCLIENT;
    }

    private Answer encrypt(Answer last, Hello hello) {
        if (!destination.usesTls() || downstream.isEncrypted() || clientLoggedIn) {
            return last;
        }
        boolean required = destination.requiresTls();
        if (!downstream.extensions().has("STARTTLS")) {
            return required ? fail(Failure.INSECURE, "it does not offer STARTTLS") : last;
        }
        Answer goOn = downstream.ask("STARTTLS");
        if (downstream.isLost() || goOn.isClosing()) {
            return fail(Failure.INSECURE, "STARTTLS ends the connection: " + goOn);
        }
        if (!goOn.isPositive()) {
            return required ? fail(Failure.INSECURE, "it refuses STARTTLS: " + goOn) : last;
        }
        try {
            downstream.encrypt();
        } catch (IOException e) {
            return fail(Failure.INSECURE, e.toString());
        }
        Answer welcome = downstream.hello(hello);
        // that the server rejects our end of TLS 1.3 shows at the first read only (RFC 8446 §4.4.2.4)
        return welcome.failure().isPresent() ? fail(Failure.INSECURE, "it closes once TLS is established") : welcome;
    }

    /** XCLIENT, after which the session begins anew, as if the client had connected to the destination. */
    private Answer announce(Answer last, Hello hello) {
        if (destination.announcement() != ClientAnnouncement.XCLIENT || announcement.isEmpty()) {
            return last;
        }
        ClientAttributes client = announcement.get().client().introduced(introduced);
        if (announced.filter(client::equals).isPresent()) {
            return last;
        }
        List<String> lines = Announcement.xclient(client, downstream.extensions());
        if (lines.isEmpty()) {
            // it would take every client for the proxy, which it may trust
            return fail(Failure.NOT_ADMITTED, "it does not offer XCLIENT");
        }
        for (String line : lines) {
            Answer answer = downstream.ask(line);
            if (!answer.isPositive()) {
                return answer;
            }
        }
        announced = Optional.of(client);
        given = Announcement.given(lines);
        loggedIn = false;
        return downstream.hello(hello);
    }

    private Answer logIn(Answer last, Hello hello) {
        if (destination.credentials().isEmpty() || loggedIn) {
            return last;
        }
        Optional<Login.Failed> failed =
                new Login(downstream, network, destination.credentials().get(), name.session()).logIn();
        loggedIn = failed.isEmpty();
        return failed.map(f -> fail(f.failure(), "login failed: " + f.why())).orElse(last);
    }

    private Answer fail(Failure failure, String why) {
        log.warn("{}: no session with {}: {}", name.session(), destination, LogText.escape(why));
        downstream.close();
        return Answer.failed(failure);
    }
}
