package io.github.smtpproxy.internal.sasl;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Users with passwords, from which their tokens and SCRAM secrets are derived; records the calls. */
final class KnownUsers implements Authenticator {

    static final int ITERATIONS = 4096;

    private final Map<String, String> passwords;
    private final List<String> asked = new ArrayList<>();

    KnownUsers(Map<String, String> passwords) {
        this.passwords = passwords;
    }

    static String tokenOf(String password) {
        return "token." + password + "==";
    }

    static byte[] saltOf(String user) {
        return ("salt of " + user).getBytes(StandardCharsets.UTF_8);
    }

    /** The users of the calls. */
    List<String> asked() {
        return asked;
    }

    @Override
    public boolean accepts(String user, String password) {
        asked.add(user);
        return password.equals(passwords.get(user));
    }

    @Override
    public boolean acceptsToken(String user, String token) {
        asked.add(user);
        return passwords.containsKey(user) && token.equals(tokenOf(passwords.get(user)));
    }

    @Override
    public Optional<ScramSecret> scram(String user) {
        asked.add(user);
        return Optional.ofNullable(passwords.get(user)).map(p -> ScramSecret.of(p, saltOf(user), ITERATIONS));
    }

    @Override
    public List<String> mechanisms() {
        return List.of("SCRAM-SHA-256", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2");
    }
}
