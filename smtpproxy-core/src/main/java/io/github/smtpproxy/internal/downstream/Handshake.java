package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.ClientAttributes;
import io.github.smtpproxy.internal.wire.LogText;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.ClientAnnouncement;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.TlsPolicy;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a conversation with a destination to where mail can be sent: EHLO, TLS, who the client is, our login. What the
 * destination says last is what it says to the client; a step that fails is answered in its place. Used by the session's
 * thread.
 */
public final class Handshake {

    private static final Logger log = LoggerFactory.getLogger(Handshake.class);

    private final Downstream downstream;
    private final Destination destination;
    private final Wire.Log name;
    private final Optional<Announcement> announcement;
    private final Optional<ClientAttributes> headed;
    private Optional<ClientAttributes> announced = Optional.empty();
    private Hello introduced = new Hello(false, "");
    private boolean loggedIn;
    private boolean clientLoggedIn;
    private boolean ready;

    /** @param announcement who the client is; empty where there is none yet */
    public Handshake(Downstream downstream, Wire.Log name, Optional<Announcement> announcement) {
        this.downstream = downstream;
        this.destination = downstream.destination();
        this.name = name;
        this.announcement = announcement;
        this.headed = announcement.map(Announcement::client);
    }

    /** EHLO or HELO, and all that must come behind it. */
    public Reply introduce(Hello hello) {
        return introduce(hello, hello);
    }

    /**
     * The same in the name of a client.
     *
     * @param client what it said, which XCLIENT tells
     */
    public Reply introduce(Hello hello, Hello client) {
        introduced = client;
        Hello first = destination.tls() == TlsPolicy.NONE && needsNothing() ? hello : new Hello(true, hello.name());
        Reply reply = downstream.hello(first);
        if (reply.isPermanent() && !first.equals(hello) && needsNothing() && !downstream.welcomed()) {
            return downstream.hello(hello);
        }
        for (Step step : List.<Step>of(this::encrypt, this::announce, this::logIn)) {
            reply = reply.isPositive() ? step.after(reply, first) : reply;
        }
        ready |= reply.isPositive();
        return reply.isPositive() && !first.equals(hello) ? toHelo(reply) : reply;
    }

    /** What EHLO was answered, as HELO would be: a server may take one of the two once only, and is not asked again. */
    private static Reply toHelo(Reply welcome) {
        String first = welcome.wireLines().get(0);
        return Reply.parse(List.of(first.length() > 3 ? first.substring(0, 3) + " " + first.substring(4) : first));
    }

    /** Whether the destination was told of another client than this is by now, as the one that introduced itself last. */
    public boolean isOutdated() {
        return isOutdated(introduced);
    }

    /** The same of a client that introduces itself. A destination believes once only who the client is. */
    public boolean isOutdated(Hello client) {
        return switch (destination.announcement()) {
            case PROXY_V1, PROXY_V2 ->
                !headed.map(ClientAttributes::remote).equals(now().map(ClientAttributes::remote));
            case XCLIENT -> announced.isPresent() && !announced.equals(now().map(c -> c.introduced(client)));
            case NONE, XFORWARD -> false;
        };
    }

    private Optional<ClientAttributes> now() {
        return announcement.map(Announcement::client);
    }

    /** The client has logged in here: TLS offered from now on would make the destination forget it (RFC 3207 §4.2). */
    public void clientLoggedIn() {
        clientLoggedIn = true;
    }

    /** Whether anything but EHLO may be said: TLS that is demanded, our login and the client's name come before. */
    public boolean isReady() {
        boolean secure = !destination.tls().demandsTls() || downstream.isEncrypted();
        return ready || secure && needsNothing();
    }

    /** Whether the reply is ours, to TLS that failed and can be done without: all begins anew in plaintext. */
    public boolean failedWhereTlsWasWorthATry(Reply reply) {
        return reply == Failure.INSECURE.reply() && destination.tls() == TlsPolicy.OPPORTUNISTIC;
    }

    /** What tells the destination of the next transaction's client, for its log; a refusal of it stops nothing. */
    public void forward(String transaction) {
        if (destination.announcement() == ClientAnnouncement.XFORWARD && announcement.isPresent()) {
            for (String line : announcement.get().xforward(transaction, downstream.extensions())) {
                Reply reply = downstream.ask(line);
                if (!reply.isPositive()) {
                    log.warn(
                            "{}: {} answers XFORWARD with {}",
                            name.session(),
                            destination,
                            LogText.escape(reply.toString()));
                }
            }
        }
    }

    private interface Step {
        /** @return the destination's last answer, from which it goes on, or the one that ends it */
        Reply after(Reply last, Hello said);
    }

    /** Whether a destination that knows no extension would do. */
    private boolean needsNothing() {
        return !destination.tls().demandsTls()
                && destination.credentials().isEmpty()
                && destination.announcement() != ClientAnnouncement.XCLIENT;
    }

    private Reply encrypt(Reply last, Hello said) {
        if (destination.tls() == TlsPolicy.NONE || downstream.isEncrypted() || clientLoggedIn) {
            return last;
        }
        boolean demanded = destination.tls().demandsTls();
        if (!downstream.extensions().has("STARTTLS")) {
            return demanded ? fail(Failure.INSECURE, "it does not offer STARTTLS") : last;
        }
        Reply goOn = downstream.ask("STARTTLS");
        if (downstream.lost() || goOn.code() == 421) {
            return fail(Failure.INSECURE, "STARTTLS ends the connection: " + goOn);
        }
        if (!goOn.isPositive()) {
            return demanded ? fail(Failure.INSECURE, "it refuses STARTTLS: " + goOn) : last;
        }
        try {
            downstream.encrypt();
        } catch (IOException e) {
            return fail(Failure.INSECURE, e.toString());
        }
        Reply welcome = downstream.hello(said);
        // that the server does not take our end of TLS 1.3 is heard at the first read only (RFC 8446 §4.4.2.4)
        return welcome == Failure.LOST.reply() ? fail(Failure.INSECURE, "it breaks off once TLS stands") : welcome;
    }

    /** XCLIENT, after which the destination begins anew, as if the client had come to it. */
    private Reply announce(Reply last, Hello said) {
        if (destination.announcement() != ClientAnnouncement.XCLIENT || announcement.isEmpty()) {
            return last;
        }
        ClientAttributes client = announcement.get().client().introduced(introduced);
        if (announced.filter(client::equals).isPresent()) {
            return last;
        }
        List<String> lines = Announcement.xclient(client, downstream.extensions());
        if (lines.isEmpty()) {
            // as if we were the client it would trust us, and every client with us
            return fail(Failure.NOT_ADMITTED, "it does not offer XCLIENT");
        }
        for (String line : lines) {
            Reply reply = downstream.ask(line);
            if (!reply.isPositive()) {
                return reply;
            }
        }
        announced = Optional.of(client);
        loggedIn = false;
        return downstream.hello(said);
    }

    private Reply logIn(Reply last, Hello said) {
        if (destination.credentials().isEmpty() || loggedIn) {
            return last;
        }
        Optional<String> failed =
                new Login(downstream, destination.credentials().get()).logIn();
        loggedIn = failed.isEmpty();
        return failed.map(why -> fail(Failure.NOT_ADMITTED, "login failed: " + why))
                .orElse(last);
    }

    private Reply fail(Failure failure, String why) {
        log.warn("{}: no session with {}: {}", name.session(), destination, LogText.escape(why));
        downstream.close();
        return failure.reply();
    }
}
