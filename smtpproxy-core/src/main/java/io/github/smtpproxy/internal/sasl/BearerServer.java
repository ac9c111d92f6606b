package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** OAUTHBEARER (RFC 7628) and its predecessor XOAUTH2: a user, a token, and an error that the client acknowledges. */
final class BearerServer implements ServerExchange {

    /** RFC 7628 §3.1, without channel binding. The user is optional there, but required here: the token does not name it. */
    private static final Pattern GS2_HEADER = Pattern.compile("[ny],a=([^,]*),");

    private static final Pattern USER = Pattern.compile("user=(.*)");

    /** RFC 6750 §2.1; the scheme is case-insensitive. */
    private static final Pattern AUTH = Pattern.compile("auth=(?i:Bearer) +([A-Za-z0-9._~+/-]+=*)");

    private final Authenticator authenticator;
    private final Function<String, String> userOf;
    private final String error;
    private boolean refused;
    private Optional<String> claimed = Optional.empty();

    private BearerServer(Authenticator authenticator, Function<String, String> userOf, String error) {
        this.authenticator = authenticator;
        this.userOf = userOf;
        this.error = error;
    }

    static BearerServer oauthBearer(Authenticator authenticator) {
        return new BearerServer(
                authenticator, first -> Text.fromSaslName(match(GS2_HEADER, first)), "{\"status\":\"invalid_token\"}");
    }

    static BearerServer xoauth2(Authenticator authenticator) {
        return new BearerServer(
                authenticator, first -> Text.filled(match(USER, first)), "{\"status\":\"401\",\"schemes\":\"bearer\"}");
    }

    @Override
    public Answer respond(byte[] response) {
        // The client acknowledges the error with a response that has no meaning (RFC 7628 §3.2.3).
        return refused ? new Failure(Kind.INVALID) : judge(Text.of(response));
    }

    private Answer judge(String response) {
        if (!response.endsWith("\1\1")) {
            throw new MalformedResponseException("it must end with two %x01");
        }
        List<String> parts =
                List.of(response.substring(0, response.length() - 2).split("\1", -1));
        String user = userOf.apply(parts.get(0));
        claimed = Optional.of(user);
        List<String> tokens = parts.stream().filter(p -> p.startsWith("auth=")).toList();
        if (tokens.size() != 1) {
            throw new MalformedResponseException("auth must occur once");
        }
        if (authenticator.acceptsToken(user, match(AUTH, tokens.get(0)))) {
            return new Success(user);
        }
        refused = true;
        return new Challenge(Text.utf8(error));
    }

    @Override
    public Optional<String> claimedUser() {
        return claimed;
    }

    @Override
    public boolean isRefused() {
        return refused;
    }

    private static String match(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.matches()) {
            throw new MalformedResponseException("user or token is malformed");
        }
        return matcher.group(1);
    }
}
