package io.github.smtpproxy.internal.downstream;

import io.github.smtpproxy.internal.sasl.ClientExchange;
import io.github.smtpproxy.internal.sasl.ClientExchanges;
import io.github.smtpproxy.internal.sasl.ExchangeFailedException;
import io.github.smtpproxy.internal.wire.Redaction;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Credentials;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** AUTH with the proxy's own credentials (RFC 4954), by the strongest mechanism that the destination offers. */
final class Login {

    /** RFC 4954 §4: what does not fit into a command line is said when it is asked for. */
    private static final int MAX_INITIAL = 400;

    private final Downstream downstream;
    private final Credentials credentials;
    private String said = "";

    Login(Downstream downstream, Credentials credentials) {
        this.downstream = downstream;
        this.credentials = credentials;
    }

    /** @return why it failed, for the log; empty if it did not */
    Optional<String> logIn() {
        // the old spelling too: it may be the only one, or name other mechanisms
        List<String> offered = Stream.of("AUTH", "AUTH=")
                .flatMap(keyword -> downstream.extensions().parameters(keyword).stream())
                .flatMap(mechanisms -> Stream.of(mechanisms.split(" +")))
                .toList();
        try {
            Optional<ClientExchange> exchange = ClientExchanges.choose(credentials, offered, downstream.isEncrypted());
            return exchange.isEmpty()
                    ? Optional.of("none of its mechanisms " + offered + " can be used"
                            + (downstream.isEncrypted() ? "" : " in plaintext"))
                    : logIn(exchange.get());
        } catch (ExchangeFailedException e) {
            return Optional.of(e.getMessage());
        } catch (IllegalArgumentException notBase64) {
            return Optional.of("its challenge is no base64");
        }
    }

    private Optional<String> logIn(ClientExchange exchange) {
        Optional<String> initial = exchange.initialResponse().map(Login::base64);
        boolean inline = initial.filter(i -> i.length() <= MAX_INITIAL).isPresent();
        String first = inline ? " " + (initial.get().isEmpty() ? "=" : initial.get()) : "";
        Reply reply = say("AUTH " + exchange.mechanism() + first);
        if (reply.isIntermediate() && initial.isPresent() && !inline) {
            reply = say(initial.get());
        }
        while (reply.isIntermediate()) {
            reply = say(response(exchange, reply));
        }
        if (!reply.isPositive()) {
            boolean quotes = Redaction.quotes(reply.toString(), said);
            return Optional.of(exchange.mechanism() + " was answered " + (quotes ? reply.code() : reply));
        }
        return exchange.isComplete() ? Optional.empty() : Optional.of("it did not prove that it knows the password");
    }

    private Reply say(String line) {
        said = line;
        return downstream.authenticate(line);
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
