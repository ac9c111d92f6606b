package io.github.smtpproxy.differential;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The results, dialogues by servers, as a page of the site. */
final class ResultTable {

    private static final Path PAGE = Path.of("target/differential.md");
    private static final String IDENTICAL = "=";
    private static final String DIFFERENT = "**not allowed**";
    private static final String NOT_PLAYED = "–";

    private static final String INTRODUCTION = """
        # The differential test

        ![The same dialogue, sent to a server directly and through the proxy, must get the same replies](images/differential.svg)

        Each dialogue is sent to a real server directly, and through the proxy: %d sessions each way, since every dialogue
        is sent command by command, and where it makes a difference also in two writes and in one. The replies are compared
        word for word. Any difference that is not listed on this page fails the test. The page is written by the test
        (`DifferentialTest`); the dialogues are in `smtpproxy-core/src/test/resources/differential`.

        *Unseen*: the client takes the proxy for the server, whose STARTTLS passes ([the dialogue](transparent-dialogue.html)).
        *Transparent*: the same in three network namespaces, from the client's address to the server's, each dialogue by
        IPv4 and by IPv6 ([transparent mode](transparent.html)).

        """;

    private final Map<String, Map<String, List<Comparison>>> byServer = new TreeMap<>();
    private final Map<List<Comparison>, String> cells = new IdentityHashMap<>();
    private final List<Rule> rules = PooledDifferences.rules();
    private final List<Rule> lettered = rulesOf(Rule.Kind.PROXY);

    void add(String server, List<Comparison> comparisons) {
        byServer.computeIfAbsent(server, s -> new LinkedHashMap<>())
                .put(comparisons.get(0).script().name(), comparisons);
    }

    void write() throws IOException {
        Files.createDirectories(PAGE.getParent());
        Files.writeString(PAGE, page());
        System.out.println(summary());
    }

    private String page() {
        Map<String, List<String>> rows = rows();
        return INTRODUCTION.formatted(sessions())
                + summary()
                + "\n## Masked in every EHLO\n\nThese lines are always different, so they are removed before the"
                + " comparison and not counted; STARTTLS and ETRN are not masked where the proxy is unseen or transparent:\n\n"
                + listOf(Rule.Kind.EHLO)
                + "\nA server itself differs from one session to the next, without a proxy too:\n\n"
                + listOf(Rule.Kind.MOMENT)
                + "\n## Differences that are allowed\n\n" + letters()
                + "\n## Dialogues that differ\n\nLetters name a difference of the list above, `=` is identical, `"
                + NOT_PLAYED + "` is a dialogue about something that the server does not offer.\n\n" + different(rows)
                + "\n## Dialogues that are identical on each server that played them\n\n" + identical(rows);
    }

    private long sessions() {
        return byServer.values().stream()
                .flatMap(m -> m.values().stream())
                .mapToLong(List::size)
                .sum();
    }

    private String summary() {
        StringBuilder out =
                new StringBuilder("| server | dialogues | identical | allowed differences | not allowed |\n");
        out.append("|---|---:|---:|---:|---:|\n");
        byServer.forEach((server, results) -> {
            List<String> cells = results.values().stream().map(this::cell).toList();
            long identical = cells.stream().filter(IDENTICAL::equals).count();
            long different = cells.stream().filter(DIFFERENT::equals).count();
            out.append("| %s | %d | %d | %d | %d |\n"
                    .formatted(server, cells.size(), identical, cells.size() - identical - different, different));
        });
        return out.toString();
    }

    private String letters() {
        return lettered.stream()
                .map(r -> "- **%s** %s. %s\n".formatted(letter(r), r.name(), r.reason()))
                .collect(Collectors.joining());
    }

    private String listOf(Rule.Kind kind) {
        return rulesOf(kind).stream()
                .map(r -> "- %s. %s\n".formatted(r.name(), r.reason()))
                .collect(Collectors.joining());
    }

    private List<Rule> rulesOf(Rule.Kind kind) {
        return rules.stream().filter(r -> r.kind() == kind).toList();
    }

    /** The cells of each dialogue, a server each. */
    private Map<String, List<String>> rows() {
        Map<String, List<String>> rows = new LinkedHashMap<>();
        byServer.values().stream()
                .flatMap(m -> m.keySet().stream())
                .distinct()
                .forEach(name -> rows.put(
                        name,
                        byServer.values().stream()
                                .map(results -> results.containsKey(name) ? cell(results.get(name)) : NOT_PLAYED)
                                .toList()));
        return rows;
    }

    private String different(Map<String, List<String>> rows) {
        StringBuilder out = new StringBuilder("| dialogue |");
        byServer.keySet().forEach(s -> out.append(' ').append(s).append(" |"));
        out.append("\n|---|").append("---|".repeat(byServer.size())).append('\n');
        rows.forEach((name, cells) -> {
            if (!isIdentical(cells)) {
                out.append("| %s | %s |\n".formatted(text(name), String.join(" | ", cells)));
            }
        });
        return out.toString();
    }

    private String identical(Map<String, List<String>> rows) {
        return rows.entrySet().stream()
                .filter(row -> isIdentical(row.getValue()))
                .map(row -> text(row.getKey()))
                .collect(Collectors.joining(" ·\n", "", "\n"));
    }

    private static boolean isIdentical(List<String> cells) {
        return cells.stream().allMatch(cell -> cell.equals(IDENTICAL) || cell.equals(NOT_PLAYED));
    }

    private static String text(String name) {
        return name.replace("|", "\\|").replace("<", "&lt;");
    }

    /** Which rules a dialogue needs takes long to find out. */
    private String cell(List<Comparison> comparisons) {
        return cells.computeIfAbsent(comparisons, this::found);
    }

    private String found(List<Comparison> comparisons) {
        if (!comparisons.stream().allMatch(c -> c.alike())) {
            return DIFFERENT;
        }
        Set<String> letters = comparisons.stream()
                .flatMap(c -> c.needed().stream())
                .map(this::letter)
                .collect(Collectors.toCollection(TreeSet::new));
        return letters.isEmpty() ? IDENTICAL : String.join(" ", letters);
    }

    private String letter(Rule rule) {
        int index = lettered.indexOf(rule);
        return Character.toString(index < 26 ? 'a' + index : 'A' + index - 26);
    }
}
