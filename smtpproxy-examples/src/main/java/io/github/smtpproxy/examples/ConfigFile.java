package io.github.smtpproxy.examples;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Options of a command in a file: {@code name = value} on each line, where the name is that of the option without its dashes;
 * a switch is {@code true} or {@code false}. Empty lines and those that begin with {@code #} are ignored. Immutable.
 */
final class ConfigFile {

    private static final Pattern LINE = Pattern.compile("\\s*([a-z0-9-]+)\\s*(?:=\\s*(.*?))?\\s*");
    private static final Pattern OPTION = Pattern.compile("--[a-z0-9][a-z0-9-]*");
    private static final Set<String> NOT_IN_A_FILE = Set.of("--config", "--check", "--help", "--version");

    /** A shorter value may stand in a message by chance. */
    private static final int TELLING = 3;

    private final Path file;
    private final List<Line> lines;

    private ConfigFile(Path file, List<Line> lines) {
        this.file = file;
        this.lines = List.copyOf(lines);
    }

    /**
     * Reads the file.
     *
     * @throws IllegalArgumentException if it cannot be read, or a line is no option of the command or lacks its value; the
     *     message has the file, the line's number and the option
     */
    static ConfigFile load(Path file, CommandSpec command) {
        List<Line> lines = new ArrayList<>();
        int number = 0;
        for (String text : TextFile.lines(file)) {
            number++;
            if (!text.isBlank() && !text.stripLeading().startsWith("#")) {
                try {
                    lines.add(line(number, text, command));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(file + ":" + number + ": " + e.getMessage(), e);
                }
            }
        }
        return new ConfigFile(file, lines);
    }

    private static Line line(int number, String text, CommandSpec command) {
        Matcher parts = LINE.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("must be NAME = VALUE, with the name of an option without its dashes");
        }
        String name = "--" + parts.group(1);
        OptionSpec option = command.optionsMap().get(name);
        if (option == null || NOT_IN_A_FILE.contains(name)) {
            throw new IllegalArgumentException("there is no option " + name + " for a file");
        }
        Optional<String> value = Optional.ofNullable(parts.group(2)).filter(given -> !given.isEmpty());
        return option.arity().max() == 0
                ? toggle(number, name, value)
                : new Line(
                        number,
                        name,
                        value.orElseThrow(() -> new IllegalArgumentException(name + " needs a value")),
                        List.of(name + "=" + value.get()));
    }

    private static Line toggle(int number, String name, Optional<String> value) {
        return switch (value.orElse("true")) {
            case "true" -> new Line(number, name, "true", List.of(name));
            case "false" -> new Line(number, name, "false", List.of());
            default -> throw new IllegalArgumentException(name + " must be true or false, was '" + value.get() + "'");
        };
    }

    /**
     * The file's options, for a command line.
     *
     * @param given whether an option is on the command line, which replaces all of its lines here
     */
    List<String> arguments(Predicate<String> given) {
        return lines.stream()
                .filter(line -> !given.test(line.option))
                .flatMap(line -> line.arguments.stream())
                .toList();
    }

    /** A message about an option, with the file, the line's number and the option, where the option is one of the file's. */
    String located(String message) {
        return culprit(message)
                .map(line -> file + ":" + line.number + ": " + (message.contains(line.option) ? "" : line.option + ": ")
                        + message)
                .orElse(message);
    }

    private Optional<Line> culprit(String message) {
        Set<String> named =
                OPTION.matcher(message).results().map(MatchResult::group).collect(Collectors.toSet());
        Predicate<Line> isNamed = line -> named.contains(line.option);
        Predicate<Line> isShown = line -> message.contains(line.value);
        return Stream.of(
                        isNamed.and(isShown),
                        isNamed,
                        isShown.and(line -> line.value.length() >= TELLING && !line.value.equals("true")))
                .flatMap(which -> lines.stream().filter(which).limit(1))
                .findFirst();
    }

    private record Line(int number, String option, String value, List<String> arguments) {}
}
