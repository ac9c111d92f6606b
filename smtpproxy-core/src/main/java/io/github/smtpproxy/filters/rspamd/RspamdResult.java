package io.github.smtpproxy.filters.rspamd;

import io.github.smtpproxy.json.Json;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What rspamd found. Immutable.
 *
 * @param action as rspamd names it: {@code no action}, {@code greylist}, {@code add header}, {@code rewrite subject},
 *     {@code soft reject}, {@code reject}
 * @param score may be negative
 * @param required the score from which rspamd rejects
 * @param symbols those that hit, with their scores
 */
public record RspamdResult(String action, double score, double required, Map<String, Double> symbols) {

    /** Keeps a copy of the map. */
    public RspamdResult {
        Objects.requireNonNull(action, "action");
        symbols = Map.copyOf(Objects.requireNonNull(symbols, "symbols"));
    }

    static RspamdResult of(Map<String, Object> reply) {
        Map<String, Double> symbols = new LinkedHashMap<>();
        Json.map(reply, "symbols")
                .forEach((name, symbol) -> Json.map(symbol)
                        .ifPresent(
                                s -> symbols.put(name, Json.number(s, "score").orElse(0))));
        return new RspamdResult(
                Json.text(reply, "action").orElse("no action"),
                Json.number(reply, "score").orElse(0),
                Json.number(reply, "required_score").orElse(0),
                symbols);
    }

    /** The symbols with the highest scores, the highest first. */
    List<String> heaviest(int n) {
        return symbols.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue()
                        .reversed()
                        .thenComparing(Comparator.comparing(Map.Entry::getKey)))
                .limit(n)
                .map(Map.Entry::getKey)
                .toList();
    }
}
