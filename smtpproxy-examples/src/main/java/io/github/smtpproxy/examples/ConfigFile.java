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
                    Line line = line(number, text, command);
                    refuseSecond(line, lines, command);
                    lines.add(line);
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

    /** Where it may stand once only, of two lines nobody knows which one counts. */
    private static void refuseSecond(Line line, List<Line> before, CommandSpec command) {
        if (!command.optionsMap().get(line.option).isMultiValue()) {
            before.stream()
                    .filter(other -> other.option.equals(line.option))
                    .findFirst()
                    .ifPresent(other -> {
                        throw new IllegalArgumentException(
                                line.option + " must be there once, was in line " + other.number + " before");
                    });
        }
    }

    private static Line toggle(int number, String name, Optional<String> value) {
        return switch (value.orElse("true")) {
            case "true" -> new Line(number, name, "true", List.of(name));
            case "false" -> new Line(number, name, "false", List.of());
            default -> throw new IllegalArgumentException(name + " must be true or false, was '" + value.get() + "'");
        };
    }

    /** This without the options that the command line replaces. */
    ConfigFile without(Predicate<String> replaced) {
        return new ConfigFile(
                file, lines.stream().filter(line -> !replaced.test(line.option)).toList());
    }

    /** For a command line. */
    List<String> arguments() {
        return lines.stream().flatMap(line -> line.arguments.stream()).toList();
    }

    /**
     * A message about an option, with the file, the line's number and the option, where the option is one of the file's.
     *
     * @param value what is wrong, where that is known
     */
    String located(String message, Optional<String> value) {
        List<Line> culprits = culprits(message, value);
        if (culprits.isEmpty()) {
            return message;
        }
        String numbers =
                culprits.stream().map(line -> String.valueOf(line.number)).collect(Collectors.joining(","));
        String option = culprits.get(0).option;
        return file + ":" + numbers + ": " + (message.contains(option) ? "" : option + ": ") + message;
    }

    /** The line of the named option that has the value, else those of it whose value is shown, else all of it. */
    private List<Line> culprits(String message, Optional<String> value) {
        Set<String> named =
                OPTION.matcher(message).results().map(MatchResult::group).collect(Collectors.toSet());
        Predicate<Line> isNamed = line -> named.contains(line.option);
        Predicate<Line> isWrong = line -> value.filter(line::has).isPresent();
        Predicate<Line> isShown = line -> message.contains(line.value);
        Predicate<Line> isTelling = line -> line.value.length() >= TELLING && !line.value.equals("true");
        return Stream.of(isNamed.and(isWrong), isNamed.and(isShown), isNamed, isShown.and(isTelling))
                .map(which -> lines.stream().filter(which).toList())
                .filter(found -> !found.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private record Line(int number, String option, String value, List<String> arguments) {

        /** Also as one of several. */
        boolean has(String given) {
            return value.equals(given) || List.of(value.split(",")).contains(given);
        }
    }
}
