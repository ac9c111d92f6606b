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

/** OAUTHBEARER (RFC 7628) and its forerunner XOAUTH2: a name and a token, and an error that the client acknowledges. */
final class BearerServer implements ServerExchange {

    /** RFC 7628 §3.1, without channel binding; the name is needed here, as nothing else tells who it is. */
    private static final Pattern GS2_HEADER = Pattern.compile("[ny],a=([^,]*),");

    private static final Pattern USER = Pattern.compile("user=(.*)");

    /** RFC 6750 §2.1; the scheme in any case. */
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
        // RFC 7628 §3.2.3: the client's answer to the error says nothing, and is waited for.
        return refused ? new Failure(Kind.INVALID) : judge(Text.of(response));
    }

    private Answer judge(String response) {
        if (!response.endsWith("\1\1")) {
            throw new MalformedResponseException("two times %x01 end it");
        }
        List<String> parts =
                List.of(response.substring(0, response.length() - 2).split("\1", -1));
        String user = userOf.apply(parts.get(0));
        claimed = Optional.of(user);
        List<String> tokens = parts.stream().filter(p -> p.startsWith("auth=")).toList();
        if (tokens.size() != 1) {
            throw new MalformedResponseException("auth comes once");
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
            throw new MalformedResponseException("name or token not as the mechanism has it");
        }
        return matcher.group(1);
    }
}
