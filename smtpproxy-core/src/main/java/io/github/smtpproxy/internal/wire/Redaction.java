package io.github.smtpproxy.internal.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Removes secrets from lines of the protocol before they are logged. One for each direction of a wire: it remembers whether
 * the next line may be the response to a challenge of AUTH.
 */
public final class Redaction {

    private static final String HIDDEN = "(redacted)";

    /** From how many characters on a word is known by its start. */
    private static final int LONG = 16;

    private static final int MOST_REMEMBERED = 64 * 1024;

    private static final Pattern LOGIN = Pattern.compile(
            "\\s*(X-EXPS|(?:[A-Za-z][A-Za-z0-9-]{0,32})?AUTH)(?![A-Za-z0-9])", Pattern.CASE_INSENSITIVE);

    private static final Set<String> VERBS = Set.of(
            "EHLO",
            "HELO",
            "MAIL",
            "RCPT",
            "DATA",
            "BDAT",
            "RSET",
            "NOOP",
            "QUIT",
            "VRFY",
            "EXPN",
            "HELP",
            "ETRN",
            "STARTTLS",
            "XCLIENT",
            "XFORWARD");

    private boolean inAuth;
    private boolean challenged;
    private String secret = "";
    private boolean unseen;

    /** For a conversation that goes on: what came before may have been the begin of a login. */
    static Redaction inTheMiddle() {
        Redaction redaction = new Redaction();
        redaction.inAuth = true;
        redaction.challenged = true;
        redaction.unseen = true;
        return redaction;
    }

    /**
     * The line without credentials, escaped. After AUTH, a line that is no known command may be a response to a challenge,
     * and is hidden.
     */
    String line(String line) {
        boolean isResponse = challenged;
        challenged = false;
        unseen = false;
        Optional<String> login = login(line);
        if (login.isPresent()) {
            inAuth = true;
            return hidden(login.get() + ' ' + HIDDEN, line);
        }
        if (line.startsWith("334")) {
            return "334 " + HIDDEN;
        }
        if (isResponse || (inAuth && !isCommand(line))) {
            return line.equals("*") ? line : hidden(HIDDEN, line);
        }
        inAuth = false;
        secret = "";
        return LogText.escape(line);
    }

    /** All of an exchange counts: the token of one may be in its first line, and the last one empty. */
    private String hidden(String shown, String line) {
        boolean goesOn = !secret.isEmpty() && login(line).isEmpty();
        secret = goesOn && secret.length() < MOST_REMEMBERED ? secret + " " + line : line;
        return shown;
    }

    /** The reply to the last line of this direction, without credentials: a server may quote what it does not understand. */
    String reply(String reply) {
        challenged = reply.startsWith("334");
        return unseen || quotes(reply, secret) ? reply.substring(0, 3) + " " + HIDDEN : reply;
    }

    /**
     * Whether a reply quotes a word of these lines of an AUTH exchange, or the start of a long one; or what is long in them
     * once they are decoded, such as a token.
     */
    public static boolean quotes(String reply, String line) {
        List<String> words = Arrays.stream(line.split("[ \t]+"))
                .skip(login(line).isPresent() ? 2 : 0)
                .filter(word -> word.length() >= 4)
                .toList();
        return Stream.concat(words.stream(), words.stream().flatMap(Redaction::longParts))
                .anyMatch(word -> reply.contains(word.substring(0, Math.min(LONG, word.length()))));
    }

    private static Stream<String> longParts(String base64) {
        try {
            byte[] decoded = Base64.getDecoder().decode(base64);
            return Arrays.stream(new String(decoded, StandardCharsets.ISO_8859_1).split("[\\x00-\\x20]+"))
                    .filter(part -> part.length() >= LONG);
        } catch (IllegalArgumentException notBase64) {
            return Stream.empty();
        }
    }

    private static boolean isCommand(String line) {
        String verb = verb(line);
        int end = line.length() - line.stripLeading().length() + verb.length();
        return VERBS.contains(verb) && (end == line.length() || Character.isWhitespace(line.charAt(end)));
    }

    /** The verb of a command line if it is a known one, else {@code a command}: anything else may be a secret. */
    public static String verbOrPlaceholder(String line) {
        return knownVerb(line).orElse("a command");
    }

    /** The verb of a command line; empty if it is not a known one and so may be a secret. */
    public static Optional<String> knownVerb(String line) {
        String verb = verb(line);
        return VERBS.contains(verb) || verb.equals("AUTH") ? Optional.of(verb) : Optional.empty();
    }

    /** Whether the line is AUTH or a vendor's form of it, such as X-EXPS of Exchange. */
    public static boolean isLogin(String line) {
        return login(line).isPresent();
    }

    private static Optional<String> login(String line) {
        int space = line.indexOf(' ');
        if (VERBS.contains(space < 0 ? line : line.substring(0, space))) {
            return Optional.empty();
        }
        Matcher verb = LOGIN.matcher(line);
        return verb.lookingAt() ? Optional.of(verb.group(1).toUpperCase(Locale.ROOT)) : Optional.empty();
    }

    private static String verb(String line) {
        String text = line.stripLeading();
        int end = 0;
        while (end < text.length() && Character.isLetter(text.charAt(end))) {
            end++;
        }
        return text.substring(0, end).toUpperCase(Locale.ROOT);
    }
}
