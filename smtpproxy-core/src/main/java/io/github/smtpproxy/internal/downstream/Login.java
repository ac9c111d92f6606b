package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.sasl.ClientExchange;
import io.github.smtpproxy.internal.sasl.ClientExchanges;
import io.github.smtpproxy.internal.sasl.ExchangeFailedException;
import io.github.smtpproxy.internal.sasl.NoTokenException;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Credentials;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** AUTH with the proxy's own credentials (RFC 4954), by the strongest mechanism that the destination offers. */
final class Login {

    private static final Logger log = LoggerFactory.getLogger(Login.class);

    /** An initial response that does not fit into a command line is sent when it is asked for (RFC 4954 §4). */
    private static final int MAX_INITIAL = 400;

    private final Downstream downstream;
    private final Network network;
    private final Credentials credentials;
    private final String session;
    private String sent = "";

    /**
     * @param network waits for a source of tokens
     * @param session its name, for the log
     */
    Login(Downstream downstream, Network network, Credentials credentials, String session) {
        this.downstream = downstream;
        this.network = network;
        this.credentials = credentials;
        this.session = session;
    }

    /**
     * Why it failed.
     *
     * @param why for the log
     */
    record Failed(Failure failure, String why) {}

    /** Logs in; a token that is refused is followed by another one, once, if there is one. */
    Optional<Failed> logIn() {
        return logIn(true);
    }

    private Optional<Failed> logIn(boolean mayTryAgain) {
        // AUTH= is an old spelling: it may be the only one, or name other mechanisms
        List<String> offered = Stream.of("AUTH", "AUTH=")
                .flatMap(keyword -> downstream.extensions().parameters(keyword).stream())
                .flatMap(mechanisms -> Stream.of(mechanisms.split(" +")))
                .toList();
        try {
            Optional<ClientExchange> exchange =
                    ask(() -> ClientExchanges.choose(credentials, offered, downstream.isEncrypted()));
            return exchange.isPresent()
                    ? logIn(exchange.get(), mayTryAgain)
                    : notAdmitted("none of its mechanisms " + offered + " can be used"
                            + (downstream.isEncrypted() ? "" : " in plaintext"));
        } catch (NoTokenException e) {
            return Optional.of(new Failed(Failure.NO_TOKEN, e.getMessage()));
        } catch (ExchangeFailedException e) {
            return notAdmitted(e.getMessage());
        } catch (IllegalArgumentException notBase64) {
            return notAdmitted("its challenge is no base64");
        }
    }

    private Optional<Failed> logIn(ClientExchange exchange, boolean mayTryAgain) {
        Answer answer = converse(exchange);
        if (!answer.isPositive()) {
            boolean renewed = answer.isPermanent() && ask(exchange::refused);
            return renewed && mayTryAgain && !downstream.isLost()
                    ? logIn(false)
                    : notAdmitted(exchange.mechanism() + " was answered " + withoutSecret(answer));
        }
        return exchange.isComplete() ? Optional.empty() : notAdmitted("it did not prove that it knows the password");
    }

    /**
     * Asks what may ask a source of tokens, which is code of others: it may block, and leave an interrupt that would close the
     * connection. What it throws is caught where it is called, since it may quote a token.
     */
    private <T> T ask(Supplier<T> asking) {
        boolean interrupted = Thread.currentThread().isInterrupted();
        try {
            return network.blocking(asking::get);
        } finally {
            if (!interrupted && Thread.interrupted()) {
                log.warn("{}: the source of tokens left an interrupt behind; it is cleared", session);
            }
        }
    }

    private Answer converse(ClientExchange exchange) {
        Optional<String> initial = exchange.initialResponse().map(Login::base64);
        boolean inline = initial.filter(i -> i.length() <= MAX_INITIAL).isPresent();
        String first = inline ? " " + (initial.get().isEmpty() ? "=" : initial.get()) : "";
        Answer answer = send("AUTH " + exchange.mechanism() + first);
        if (answer.isIntermediate() && initial.isPresent() && !inline) {
            answer = send(initial.get());
        }
        while (answer.isIntermediate()) {
            answer = send(response(exchange, answer.reply().orElseThrow()));
        }
        return answer;
    }

    private static Optional<Failed> notAdmitted(String why) {
        return Optional.of(new Failed(Failure.NOT_ADMITTED, why));
    }

    private Answer send(String line) {
        sent = line.startsWith("AUTH ") ? line : sent + " " + line;
        return downstream.authenticate(line);
    }

    /** A server may quote what it rejects. */
    private String withoutSecret(Answer answer) {
        Optional<Reply> quoting = answer.reply().filter(r -> Redaction.quotes(r.toString(), sent));
        return quoting.map(r -> Integer.toString(r.code())).orElseGet(answer::toString);
    }

    private String response(ClientExchange exchange, Reply challenge) {
        try {
            String text = challenge.lines().get(0).trim();
            return base64(exchange.respond(Base64.getDecoder().decode(text)));
        } catch (ExchangeFailedException | IllegalArgumentException unusable) {
            downstream.authenticate("*");
            throw unusable;
        }
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }
}
