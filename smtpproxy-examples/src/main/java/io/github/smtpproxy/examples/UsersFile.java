package io.github.smtpproxy.examples;

import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.ScramSecret;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The users of a gateway, from a UTF-8 file: a line {@code name:password} or, as Dovecot's passwd-file has it,
 * {@code name:{PLAIN}password} for each. Empty lines and those that begin with {@code #} are ignored. Passwords are plain
 * because SCRAM and CRAM-MD5 cannot work from another scheme's hash; protect the file accordingly. Any thread.
 */
final class UsersFile implements Authenticator {

    private static final String PLAIN = "{PLAIN}";

    private final Path file;
    private volatile Users users;

    private UsersFile(Path file) {
        this.file = file;
        this.users = read(file);
    }

    /**
     * Reads the file.
     *
     * @throws IllegalArgumentException if it cannot be read, a line is no user or a user is there twice; the message has the file and
     *     the line's number
     */
    static UsersFile load(Path file) {
        return new UsersFile(file);
    }

    /**
     * Reads the file again, for all logins from now on.
     *
     * @throws IllegalArgumentException as {@link #load}; the users that were read before stay
     */
    void reload() {
        users = read(file);
    }

    private static Users read(Path file) {
        Map<String, String> passwords = new HashMap<>();
        List<String> lines = TextFile.lines(file);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!line.isBlank() && !line.startsWith("#")) {
                add(line, file + " line " + (i + 1), passwords);
            }
        }
        return new Users(Map.copyOf(passwords), new ConcurrentHashMap<>());
    }

    private static void add(String line, String where, Map<String, String> passwords) {
        int colon = line.indexOf(':');
        String name = line.substring(0, Math.max(colon, 0));
        String password = line.substring(colon + 1);
        if (password.startsWith(PLAIN)) {
            password = password.substring(PLAIN.length());
        } else if (password.matches("\\{[A-Za-z0-9.-]+}.*")) {
            throw new IllegalArgumentException(where + ": password scheme must be " + PLAIN);
        }
        if (name.isBlank() || !name.equals(name.strip()) || password.isEmpty() || hasControls(line)) {
            throw new IllegalArgumentException(where + ": must be name:password");
        }
        if (passwords.putIfAbsent(composed(name), composed(password)) != null) {
            throw new IllegalArgumentException(where + ": user must be there once, was there twice");
        }
    }

    /** As those of clients come, however an editor has composed it (RFC 4616 §2). */
    private static String composed(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKC);
    }

    private static boolean hasControls(String line) {
        return line.chars().anyMatch(Character::isISOControl);
    }

    /** Whether this is the user's password. An unknown user's takes the same steps as a known one's. */
    @Override
    public boolean accepts(String user, String password) {
        Optional<String> known = password(user);
        boolean same = MessageDigest.isEqual(digest(known.orElse("")), digest(password));
        return known.isPresent() & same;
    }

    /** Made once for each user: it takes a while on purpose. */
    @Override
    public Optional<ScramSecret> scram(String user) {
        Users now = users;
        return now.password(user).map(p -> now.secrets.computeIfAbsent(user, u -> ScramSecret.of(p)));
    }

    @Override
    public List<String> mechanisms() {
        return List.of("SCRAM-SHA-256", "PLAIN", "LOGIN");
    }

    /** The user's plain password, for mechanisms that need it, such as SCRAM. */
    Optional<String> password(String user) {
        return users.password(user);
    }

    /** Digests, so that the time does not depend on the length. */
    private static byte[] digest(String password) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(password.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return users.passwords.size() + " users";
    }

    private record Users(Map<String, String> passwords, Map<String, ScramSecret> secrets) {

        Optional<String> password(String user) {
            return Optional.ofNullable(passwords.get(user));
        }
    }
}
