package io.github.smtpproxy.oauth2;

import java.util.List;

/** Keeps secrets out of text of others. */
final class Secrets {

    /** Fewer characters of one are no secret. */
    private static final int PART = 6;

    private Secrets() {}

    /** Whether the text has a part of one of them in it. */
    static boolean quotes(String text, List<String> secrets) {
        return secrets.stream().anyMatch(secret -> quotes(text, secret));
    }

    private static boolean quotes(String text, String secret) {
        if (secret.length() <= PART) {
            return text.contains(secret);
        }
        for (int i = 0; i + PART <= text.length(); i++) {
            if (secret.contains(text.substring(i, i + PART))) {
                return true;
            }
        }
        return false;
    }
}
