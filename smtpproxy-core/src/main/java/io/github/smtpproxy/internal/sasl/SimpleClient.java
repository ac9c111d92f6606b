package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.route.Credentials.Password;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A mechanism whose client has a fixed list of responses. */
final class SimpleClient implements ClientExchange {

    private final String mechanism;
    private final Optional<byte[]> initialResponse;
    private final Iterator<UnaryOperator<byte[]>> steps;
    private BooleanSupplier onRefusal = () -> false;

    private SimpleClient(String mechanism, Optional<byte[]> initialResponse, List<UnaryOperator<byte[]>> steps) {
        this.mechanism = mechanism;
        this.initialResponse = initialResponse;
        this.steps = steps.iterator();
    }

    /** PLAIN (RFC 4616). */
    static SimpleClient plain(Password credentials) {
        byte[] all = Text.utf8("\0" + credentials.user() + "\0" + credentials.password());
        return new SimpleClient("PLAIN", Optional.of(all), List.of());
    }

    /** LOGIN. The texts of the challenges differ between servers; their order does not. */
    static SimpleClient login(Password credentials) {
        return new SimpleClient(
                "LOGIN",
                Optional.empty(),
                List.of(c -> Text.utf8(credentials.user()), c -> Text.utf8(credentials.password())));
    }

    /** CRAM-MD5 (RFC 2195). */
    static SimpleClient cramMd5(Password credentials) {
        return new SimpleClient("CRAM-MD5", Optional.empty(), List.of(challenge -> {
            byte[] digest = hmacMd5(Text.utf8(credentials.password()), challenge);
            return Text.utf8(credentials.user() + " " + HexFormat.of().formatHex(digest));
        }));
    }

    /** XOAUTH2. A challenge is an error, which the client acknowledges with an empty response. */
    static SimpleClient xoauth2(String user, String token) {
        byte[] all = Text.utf8("user=" + user + "\1auth=Bearer " + token + "\1\1");
        return new SimpleClient("XOAUTH2", Optional.of(all), List.of(error -> new byte[0]));
    }

    /** OAUTHBEARER (RFC 7628 §3.1). A challenge is an error, which the client acknowledges (§3.2.3). */
    static SimpleClient oauthBearer(String user, String token) {
        byte[] all = Text.utf8("n,a=" + Text.toSaslName(user) + ",\1auth=Bearer " + token + "\1\1");
        return new SimpleClient("OAUTHBEARER", Optional.of(all), List.of(error -> new byte[] {1}));
    }

    /** This, with a call once the server has refused it; see {@link ClientExchange#refused}. */
    SimpleClient onRefusal(BooleanSupplier refused) {
        onRefusal = refused;
        return this;
    }

    @Override
    public boolean refused() {
        return onRefusal.getAsBoolean();
    }

    @Override
    public String mechanism() {
        return mechanism;
    }

    @Override
    public Optional<byte[]> initialResponse() {
        return initialResponse.map(byte[]::clone);
    }

    @Override
    public byte[] respond(byte[] challenge) {
        if (!steps.hasNext()) {
            throw new ExchangeFailedException("unexpected further challenge of " + mechanism);
        }
        return steps.next().apply(challenge);
    }

    @Override
    public boolean isComplete() {
        return true;
    }

    @Override
    public String toString() {
        return mechanism;
    }

    private static byte[] hmacMd5(byte[] key, byte[] text) {
        try {
            Mac mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(key, "HmacMD5"));
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new ExchangeFailedException("HmacMD5", e);
        }
    }
}
