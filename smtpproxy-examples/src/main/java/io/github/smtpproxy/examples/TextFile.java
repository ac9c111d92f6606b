package io.github.smtpproxy.examples;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small file in UTF-8, which some editors begin with a byte order mark. Messages name the file, never its content. */
final class TextFile {

    private static final int LEAST_TOKEN = 16;
    private static final String MARK = "\uFEFF";

    private TextFile() {}

    /**
     * Its lines.
     *
     * @throws IllegalArgumentException where it cannot be read or is not UTF-8; the message has the reason
     */
    static List<String> lines(Path file) {
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(file, StandardCharsets.UTF_8));
            if (!lines.isEmpty() && lines.get(0).startsWith(MARK)) {
                lines.set(0, lines.get(0).substring(MARK.length()));
            }
            return lines;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + ": must be UTF-8");
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": cannot be read: " + reason(e), e);
        }
    }

    /**
     * The first line of a file that holds a secret.
     *
     * @param what it is, for the message where there is none
     */
    static String first(Path file, String what) {
        return lines(SecretFile.checked(file)).stream()
                .findFirst()
                .filter(line -> !line.isEmpty())
                .orElseThrow(() -> new IllegalArgumentException(file + ": contains no " + what));
    }

    /**
     * The only line of a file that holds a token.
     *
     * @throws IllegalArgumentException if it has none or several, or the token is short
     */
    static String token(Path file) {
        List<String> lines = lines(SecretFile.checked(file));
        if (lines.size() != 1) {
            throw new IllegalArgumentException(file + ": must have one line, had " + lines.size());
        }
        String token = lines.get(0).strip();
        if (token.length() < LEAST_TOKEN) {
            throw new IllegalArgumentException(
                    file + ": token must have at least " + LEAST_TOKEN + " characters, had " + token.length());
        }
        return token;
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        return e instanceof AccessDeniedException ? "access denied" : String.valueOf(e.getMessage());
    }
}
