package io.github.smtpproxy.differential;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The dialogues, as pages of several each:
 *
 * <pre>
 * # a remark
 * == the name of a dialogue [KEYWORDS that the server must offer]
 * a command
 * --                       wait for all replies
 * {@literal @}line text             the same as the text alone, which may be empty or begin with one of these marks
 * {@literal @}raw N octets          octets without a line end of their own, owed N replies
 * {@literal @}bdat BDAT # LAST|octets   a chunk; # becomes its size
 * {@literal @}body                  what follows, up to a line with a dot, is a message, sent after a 354 only
 * {@literal @}starttls octets       STARTTLS with these octets in the same write, and the handshake
 * {@literal @}auth MECHANISM user password
 * </pre>
 *
 * <p>In all texts {@code \r \n \0 \\ \xHH} are octets, {@code \{text*N}} is the text N times; anything else is the
 * UTF-8 of the page.
 */
final class Corpus {

    private Corpus() {}

    /** All pages, by name. */
    static List<Script> read() {
        URL folder = Objects.requireNonNull(Corpus.class.getResource("/differential"));
        try (Stream<Path> pages = Files.list(Path.of(folder.toURI()))) {
            return pages.filter(p -> p.toString().endsWith(".txt"))
                    .sorted()
                    .flatMap(p -> page(p).stream())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Script> page(Path file) {
        try {
            return parse(Files.readAllLines(file, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    static List<Script> parse(List<String> lines) {
        List<Script> scripts = new ArrayList<>();
        for (int i = 0; i < lines.size(); ) {
            int end = i + 1;
            while (end < lines.size() && !lines.get(end).startsWith("== ")) {
                end++;
            }
            if (lines.get(i).startsWith("== ")) {
                scripts.add(script(lines.get(i).substring(3), lines.subList(i + 1, end)));
            }
            i = end;
        }
        return scripts;
    }

    private static Script script(String heading, List<String> lines) {
        int bracket = heading.indexOf('[');
        Set<String> needs = bracket < 0
                ? Set.of()
                : Arrays.stream(heading.substring(bracket + 1, heading.indexOf(']'))
                                .split(" "))
                        .collect(Collectors.toSet());
        String name =
                bracket < 0 ? heading.strip() : heading.substring(0, bracket).strip();
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.equals("@body")) {
                int end = i + 1 + lines.subList(i + 1, lines.size()).indexOf(".");
                steps.add(new Step.Body(body(lines.subList(i + 1, end + 1))));
                i = end;
            } else if (!line.isEmpty() && !line.startsWith("#")) {
                steps.add(step(line));
            }
        }
        return new Script(name, needs, steps);
    }

    private static Step step(String line) {
        String[] words = line.split(" ", 2);
        String rest = words.length > 1 ? words[1] : "";
        return switch (words[0]) {
            case "--" -> new Step.Wait();
            case "@line" -> new Step.Say(octets(rest) + "\r\n", 1);
            case "@raw" -> raw(rest.split(" ", 2));
            case "@bdat" -> chunk(rest.split("\\|", 2));
            case "@starttls" -> new Step.StartTls(octets(rest));
            case "@auth" -> auth(rest.split(" "));
            default -> {
                if (line.startsWith("@")) {
                    throw new IllegalArgumentException("unknown mark: " + line);
                }
                yield new Step.Say(octets(line) + "\r\n", 1);
            }
        };
    }

    private static Step raw(String[] words) {
        return new Step.Say(octets(words[1]), Integer.parseInt(words[0]));
    }

    private static Step chunk(String[] parts) {
        String octets = octets(parts[1]);
        return new Step.Say(parts[0].replace("#", Integer.toString(octets.length())) + "\r\n" + octets, 1);
    }

    private static Step auth(String[] words) {
        return new Step.Auth(words[0], words[1], words[2]);
    }

    private static String body(List<String> lines) {
        return lines.stream().map(l -> octets(l) + "\r\n").collect(Collectors.joining());
    }

    private static String octets(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != '\\') {
                out.append(text.charAt(i));
                continue;
            }
            i++;
            switch (text.charAt(i)) {
                case 'r' -> out.append('\r');
                case 'n' -> out.append('\n');
                case '0' -> out.append('\0');
                case 'x' -> {
                    out.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                    i += 2;
                }
                case '{' -> {
                    int end = text.indexOf('}', i);
                    int times = text.lastIndexOf('*', end);
                    out.append(octets(text.substring(i + 1, times))
                            .repeat(Integer.parseInt(text.substring(times + 1, end))));
                    i = end;
                }
                default -> out.append(text.charAt(i));
            }
        }
        return out.toString();
    }
}
