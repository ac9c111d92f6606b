package io.github.smtpproxy.internal.sasl;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import io.github.smtpproxy.internal.sasl.Answer.Challenge;
import io.github.smtpproxy.internal.sasl.Answer.Failure;
import io.github.smtpproxy.internal.sasl.Answer.Kind;
import io.github.smtpproxy.internal.sasl.Answer.Success;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. The library has the functions, but no server side. */
final class ScramServer implements ServerExchange {

    private static final ScramMechanism SHA_256 = ScramMechanism.SCRAM_SHA_256;

    /** RFC 5802 §7. Without {@code p=}, because no -PLUS mechanism is offered, and {@code m=}, as there is no extension. */
    private static final Pattern CLIENT_FIRST = Pattern.compile(
            "(?<gs2>[ny],(a=(?<authzid>[^,]*))?,)(?<bare>n=(?<user>[^,]*),r=(?<nonce>[!-+\\--~]+)(,.*)?)");

    private static final Pattern CLIENT_FINAL =
            Pattern.compile("(?<bare>c=(?<gs2>[^,]*),r=(?<nonce>[!-+\\--~]+)(,.*)?),p=(?<proof>[^,]*)");

    private static final SecureRandom RANDOM = new SecureRandom();

    /** The key that makes the salt of an unknown user: the same at each login, like a real one. */
    private static final byte[] FAKE_SALT_KEY = random(ScramSecret.KEY_LENGTH);

    private final Authenticator authenticator;
    private final Supplier<String> serverNonce;

    private String user = "";
    private boolean known;
    private ScramSecret secret = fakeSecret("");
    private String gs2Header = "";
    private String nonce = "";
    private String messages = "";
    private Stage stage = Stage.FIRST;

    private enum Stage {
        FIRST,
        FINAL,
        PROVED
    }

    ScramServer(Authenticator authenticator) {
        this(authenticator, () -> Text.base64(random(18)));
    }

    ScramServer(Authenticator authenticator, Supplier<String> serverNonce) {
        this.authenticator = authenticator;
        this.serverNonce = serverNonce;
    }

    @Override
    public Answer respond(byte[] response) {
        String message = Text.of(response);
        return switch (stage) {
            case FIRST -> first(match(CLIENT_FIRST, message));
            case FINAL -> last(match(CLIENT_FINAL, message));
            case PROVED -> acknowledged(message);
        };
    }

    @Override
    public Optional<String> claimedUser() {
        return Optional.of(user).filter(u -> !u.isEmpty());
    }

    private Answer first(Matcher message) {
        user = Text.fromSaslName(message.group("user"));
        String authzid = Optional.ofNullable(message.group("authzid"))
                .map(Text::fromSaslName)
                .orElse(user);
        gs2Header = message.group("gs2");
        nonce = message.group("nonce") + serverNonce.get();
        Optional<ScramSecret> stored = authenticator.scram(user);
        known = stored.isPresent() && authzid.equals(user);
        secret = stored.orElseGet(() -> fakeSecret(user));
        String first = "r=" + nonce + ",s=" + Text.base64(secret.salt()) + ",i=" + secret.iterations();
        messages = message.group("bare") + "," + first;
        stage = Stage.FINAL;
        return new Challenge(Text.utf8(first));
    }

    private Answer last(Matcher message) {
        byte[] proof = Text.fromBase64(message.group("proof"));
        if (proof.length != ScramSecret.KEY_LENGTH) {
            throw new MalformedResponseException("proof has another length than the hash");
        }
        String all = messages + "," + message.group("bare");
        boolean matches = message.group("nonce").equals(nonce)
                && Arrays.equals(Text.fromBase64(message.group("gs2")), Text.utf8(gs2Header));
        // Computed for an unknown user too, or the time would reveal that.
        boolean proved = proves(proof, all);
        if (!(proved && matches && known)) {
            return new Failure(Kind.INVALID);
        }
        stage = Stage.PROVED;
        byte[] signature = ScramFunctions.serverSignature(SHA_256, secret.serverKey(), all);
        return new Challenge(Text.utf8("v=" + Text.base64(signature)));
    }

    /** RFC 5802 §3: ClientKey is ClientProof XOR ClientSignature, and StoredKey is its hash. */
    private boolean proves(byte[] proof, String all) {
        byte[] signature = ScramFunctions.clientSignature(SHA_256, secret.storedKey(), all);
        byte[] clientKey = ScramFunctions.clientProof(proof, signature);
        return MessageDigest.isEqual(ScramFunctions.hash(SHA_256, clientKey), secret.storedKey());
    }

    /** The server signature was sent as a challenge, since 235 carries no data (RFC 4954 §4). The response is empty. */
    private Answer acknowledged(String message) {
        if (!message.isEmpty()) {
            throw new MalformedResponseException("the response to the server signature must be empty");
        }
        return new Success(user);
    }

    private static ScramSecret fakeSecret(String user) {
        byte[] octets = ScramFunctions.hmac(SHA_256, FAKE_SALT_KEY, Text.utf8(user));
        byte[] salt = Arrays.copyOf(octets, ScramSecret.SALT_LENGTH);
        return ScramSecret.of(salt, ScramSecret.ITERATIONS, random(ScramSecret.KEY_LENGTH), octets);
    }

    private static Matcher match(Pattern pattern, String message) {
        Matcher matcher = pattern.matcher(message);
        if (!matcher.matches()) {
            throw new MalformedResponseException("not the SCRAM message that is due");
        }
        return matcher;
    }

    private static byte[] random(int length) {
        byte[] octets = new byte[length];
        RANDOM.nextBytes(octets);
        return octets;
    }
}
