package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.TlsPolicy;
import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a conversation with a destination to where mail can be sent: EHLO, TLS, and EHLO again. What the destination
 * says last is what it says to the client; a step that fails is answered in its place. Used by the session's thread.
 */
public final class Handshake {

    private static final Logger log = LoggerFactory.getLogger(Handshake.class);

    private final Downstream downstream;
    private final Destination destination;
    private final Wire.Log name;

    public Handshake(Downstream downstream, Wire.Log name) {
        this.downstream = downstream;
        this.destination = downstream.destination();
        this.name = name;
    }

    /** EHLO or HELO, and all that must come behind it. */
    public Reply introduce(Hello hello) {
        Hello first = isComplete() ? hello : new Hello(true, hello.name());
        Reply reply = downstream.hello(first);
        for (UnaryOperator<Reply> step : List.<UnaryOperator<Reply>>of(r -> encrypt(first, r))) {
            reply = reply.isPositive() ? step.apply(reply) : reply;
        }
        return reply.isPositive() && !first.equals(hello) ? downstream.hello(hello) : reply;
    }

    private boolean isComplete() {
        return destination.tls() == TlsPolicy.NONE || downstream.isEncrypted();
    }

    private Reply encrypt(Hello hello, Reply offers) {
        if (destination.tls() == TlsPolicy.NONE || downstream.isEncrypted()) {
            return offers;
        }
        boolean demanded = destination.tls().demandsTls();
        if (!downstream.extensions().has("STARTTLS")) {
            return demanded ? insecure("it does not offer STARTTLS") : offers;
        }
        Reply goOn = downstream.ask("STARTTLS");
        if (!goOn.isPositive()) {
            return demanded ? insecure("it refuses STARTTLS: " + goOn) : offers;
        }
        try {
            downstream.encrypt();
        } catch (IOException e) {
            return insecure(e.toString());
        }
        return downstream.hello(hello);
    }

    private Reply insecure(String why) {
        log.warn("{}: no TLS with {}: {}", name.session(), destination, why);
        downstream.close();
        return Failure.INSECURE.reply();
    }
}
