package io.github.smtpproxy.filters.dnslists;

import io.github.smtpproxy.protocol.HostName;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A list and what its answers weigh: {@code ZONE[=FILTER][*WEIGHT]}. Immutable.
 *
 * @param zone in lower case
 * @param filter the answers that count; all of 127.0.0.0/8 where there is none
 * @param weight negative for a list of good ones
 */
record ListEntry(String zone, Optional<AnswerFilter> filter, int weight) {

    private static final Pattern FORM = Pattern.compile("([^=*]+)(?:=([^*]+))?(?:\\*([+-]?\\d{1,6}))?");
    /** A label that is a key, as providers give them to their customers. */
    private static final Pattern KEY = Pattern.compile("(?:^|(?<=\\.))[a-z0-9]{20,63}\\.");

    static ListEntry parse(String text) {
        Objects.requireNonNull(text, "DNS list");
        Matcher m = FORM.matcher(text.strip());
        if (!m.matches() || !HostName.isValid(m.group(1))) {
            throw new IllegalArgumentException(
                    "DNS list must be ZONE[=FILTER][*WEIGHT], was \"" + withoutKeys(text) + "\"");
        }
        String zone = m.group(1).toLowerCase(Locale.ROOT);
        return new ListEntry(
                zone.endsWith(".") ? zone.substring(0, zone.length() - 1) : zone,
                Optional.ofNullable(m.group(2)).map(AnswerFilter::parse),
                m.group(3) == null ? 1 : Integer.parseInt(m.group(3)));
    }

    /** A text without the labels that are keys. */
    static String withoutKeys(String text) {
        return KEY.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
    }

    /** A text of a list, without the keys in the name of its zone. */
    static String withoutKeysIn(String text, String zone) {
        String clean = text;
        Matcher key = KEY.matcher(zone);
        while (key.find()) {
            String label = key.group().substring(0, key.group().length() - 1);
            clean = clean.replaceAll("(?i)" + label + "\\.?", "");
        }
        return clean;
    }

    boolean matches(String address) {
        return filter.isEmpty() || filter.get().matches(address);
    }
}
