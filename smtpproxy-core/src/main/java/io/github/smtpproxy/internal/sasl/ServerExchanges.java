package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The mechanisms by which clients log in at the proxy. */
public final class ServerExchanges {

    private static final Map<String, Function<Authenticator, ServerExchange>> MECHANISMS = Map.of(
            "PLAIN", PlainServer::new,
            "LOGIN", LoginServer::new,
            "SCRAM-SHA-256", ScramServer::new,
            "OAUTHBEARER", BearerServer::oauthBearer,
            "XOAUTH2", BearerServer::xoauth2);

    private ServerExchanges() {}

    /**
     * The mechanisms to offer, in order.
     *
     * @throws IllegalArgumentException if there is none, one is named twice, or one is not supported
     * @throws IllegalStateException if one needs a library that is missing; the message names the artifact
     */
    public static List<String> offered(Authenticator authenticator) {
        List<String> names = List.copyOf(authenticator.mechanisms());
        if (names.isEmpty()
                || new HashSet<>(names).size() < names.size()
                || !MECHANISMS.keySet().containsAll(names)) {
            throw new IllegalArgumentException("mechanisms of an authenticator must be one or more of "
                    + MECHANISMS.keySet().stream().sorted().toList() + ", each once, were " + names);
        }
        ScramLibrary.checkServers(names);
        return names;
    }

    /** Starts an exchange of this mechanism, its name in any case; empty if it is not offered. */
    public static Optional<ServerExchange> open(String mechanism, Authenticator authenticator) {
        String name = mechanism.toUpperCase(Locale.ROOT);
        return offered(authenticator).contains(name)
                ? Optional.of(new Guarded(MECHANISMS.get(name).apply(authenticator)))
                : Optional.empty();
    }

    /** Enforces what holds for all mechanisms: responses are bounded, and no exception is thrown. */
    private static final class Guarded implements ServerExchange {

        /** RFC 4954 §4: at most 12,288 octets of base64. */
        private static final int MAX = 12_288 / 4 * 3;

        private final ServerExchange inner;
        private boolean over;

        Guarded(ServerExchange inner) {
            this.inner = inner;
        }

        @Override
        public Answer start(Optional<byte[]> initialResponse) {
            return initialResponse.isPresent() ? respond(initialResponse.get()) : inner.start(initialResponse);
        }

        @Override
        public Answer respond(byte[] response) {
            if (over) {
                throw new IllegalStateException("this exchange is over");
            }
            Answer answer = response.length > MAX ? new Failure(Kind.MALFORMED) : guarded(response);
            over = !(answer instanceof Challenge);
            return answer;
        }

        @Override
        public Optional<String> claimedUser() {
            return inner.claimedUser();
        }

        @Override
        public boolean isRefused() {
            return inner.isRefused();
        }

        private Answer guarded(byte[] response) {
            try {
                return inner.respond(response);
            } catch (MalformedResponseException e) {
                return new Failure(Kind.MALFORMED);
            } catch (Throwable e) {
                // errors too: they must not end the session's thread
                return new Failure(Kind.TEMPORARY, Optional.of(new ExchangeFailedException("the authenticator", e)));
            }
        }
    }
}
