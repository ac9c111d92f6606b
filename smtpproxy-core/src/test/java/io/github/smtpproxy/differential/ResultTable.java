package io.github.smtpproxy.differential;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What came out, dialogues by servers, as a page of the site. */
final class ResultTable {

    private static final Path PAGE = Path.of("target/differential.md");
    private static final int LETTERS = 26;
    private static final String IDENTICAL = "=";
    private static final String DIFFERENT = "**different**";

    private static final String INTRODUCTION = """
        # The differential test

        Each of these dialogues is played straight to a server and through the proxy before it: %d sessions each way,
        since every dialogue is played command by command, and where that makes a difference also with its groups in two
        writes and in one. The replies are compared word for word. This page is written by the test (`DifferentialTest`);
        the dialogues are in `smtpproxy-core/src/test/resources/differential`.

        """;

    private final Map<String, Map<String, List<Comparison>>> byServer = new LinkedHashMap<>();
    private final List<Rule> rules = AllowedDifferences.rules();
    private final List<Rule> ours =
            rules.stream().filter(r -> r.kind() == Rule.Kind.PROXY).toList();

    void add(String server, List<Comparison> comparisons) {
        byServer.computeIfAbsent(server, s -> new LinkedHashMap<>())
                .put(comparisons.get(0).script().name(), comparisons);
    }

    void write() throws IOException {
        String page = page();
        Files.createDirectories(PAGE.getParent());
        Files.writeString(PAGE, page);
        System.out.println(summary());
    }

    private String page() {
        return INTRODUCTION.formatted(sessions())
                + summary()
                + "\n## What may differ\n\n" + reasons()
                + "\n## Dialogues\n\n`=` is identical, letters name a difference of the list above, `-` is a dialogue"
                + " for which the server lacks what it is about.\n\n" + dialogues();
    }

    private long sessions() {
        return byServer.values().stream()
                .flatMap(m -> m.values().stream())
                .mapToLong(List::size)
                .sum();
    }

    private String summary() {
        StringBuilder out = new StringBuilder("| server | dialogues | identical | allowed | different |\n");
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

    private String reasons() {
        StringBuilder out = new StringBuilder("Made by the proxy:\n\n");
        ours.forEach(r -> out.append("- **%s** %s. %s\n".formatted(letter(r), r.name(), r.reason())));
        out.append("\nMade by a server from one session to the next, with and without the proxy:\n\n");
        rules.stream()
                .filter(r -> r.kind() == Rule.Kind.MOMENT)
                .forEach(r -> out.append("- %s. %s\n".formatted(r.name(), r.reason())));
        return out.toString();
    }

    private String dialogues() {
        List<String> servers = new ArrayList<>(byServer.keySet());
        StringBuilder out = new StringBuilder("| dialogue |");
        servers.forEach(s -> out.append(' ').append(s).append(" |"));
        out.append("\n|---|").append("---|".repeat(servers.size())).append('\n');
        byServer.values().stream().flatMap(m -> m.keySet().stream()).distinct().forEach(name -> {
            out.append("| ")
                    .append(name.replace("|", "\\|").replace("<", "&lt;"))
                    .append(" |");
            servers.forEach(s -> out.append(' ')
                    .append(
                            byServer.get(s).containsKey(name)
                                    ? cell(byServer.get(s).get(name))
                                    : "-")
                    .append(" |"));
            out.append('\n');
        });
        return out.toString();
    }

    private String cell(List<Comparison> comparisons) {
        if (!comparisons.stream().allMatch(c -> c.alike(rules))) {
            return DIFFERENT;
        }
        Set<String> letters = comparisons.stream()
                .flatMap(c -> c.needed(rules).stream())
                .map(this::letter)
                .collect(Collectors.toCollection(TreeSet::new));
        return letters.isEmpty() ? IDENTICAL : String.join(" ", letters);
    }

    /** Behind z come za, zb and so on. */
    private String letter(Rule rule) {
        int index = ours.indexOf(rule);
        String last = String.valueOf((char) ('a' + index % LETTERS));
        return index < LETTERS ? last : "z" + last;
    }
}
