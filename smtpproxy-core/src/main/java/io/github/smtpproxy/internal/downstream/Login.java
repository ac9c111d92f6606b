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

    /** An initial response that does not fit into a command line is sent when it is asked for (RFC 4954 §4). */
    private static final int MAX_INITIAL = 400;

    private final Downstream downstream;
    private final Credentials credentials;
    private String sent = "";

    Login(Downstream downstream, Credentials credentials) {
        this.downstream = downstream;
        this.credentials = credentials;
    }

    /** @return why it failed, for the log; empty if it succeeded */
    Optional<String> logIn() {
        // AUTH= is an old spelling: it may be the only one, or name other mechanisms
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
        Answer answer = send("AUTH " + exchange.mechanism() + first);
        if (answer.isIntermediate() && initial.isPresent() && !inline) {
            answer = send(initial.get());
        }
        while (answer.isIntermediate()) {
            answer = send(response(exchange, answer.reply().orElseThrow()));
        }
        if (!answer.isPositive()) {
            return Optional.of(exchange.mechanism() + " was answered " + withoutSecret(answer));
        }
        return exchange.isComplete() ? Optional.empty() : Optional.of("it did not prove that it knows the password");
    }

    private Answer send(String line) {
        sent = line;
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
