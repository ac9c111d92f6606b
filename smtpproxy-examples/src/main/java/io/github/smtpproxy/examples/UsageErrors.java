package io.github.smtpproxy.examples;

import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with the options, or why the program cannot start, in one line without a secret. */
final class UsageErrors implements IParameterExceptionHandler, IExecutionExceptionHandler {

    private static final Pattern PASSWORDS = Pattern.compile("(?s)(?<=://).*(?=@)");
    private static final int INVALID = 2;
    private static final int FAILED = 1;

    private final Optional<ConfigFile> config;

    /** @param config where options stand that are not on the command line */
    UsageErrors(Optional<ConfigFile> config) {
        this.config = config;
    }

    @Override
    public int handleParseException(ParameterException invalid, String[] args) {
        String message = oneLine(invalid);
        CommandLine command = invalid.getCommandLine();
        String name = command.getCommandName();
        command.getErr()
                .println(name + ": "
                        + config.map(file -> file.located(message, Optional.ofNullable(invalid.getValue())))
                                .orElse(message));
        command.getErr().println("Try '" + name + " --help' for more.");
        return INVALID;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        command.getErr().println(command.getCommandName() + ": cannot start: " + oneLine(failure));
        return FAILED;
    }

    /** A misspelt option is shown with its value, which may be an address with a password. */
    private static String oneLine(Exception failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        String line = message.replaceAll("\\s*\\R\\s*", " ");
        return failure instanceof UnmatchedArgumentException unknown
                ? PASSWORDS.matcher(line).replaceAll("...") + meant(unknown)
                : line;
    }

    private static String meant(UnmatchedArgumentException unknown) {
        return unknown.getSuggestions().stream()
                .findFirst()
                .map(option -> " (is " + option + " meant?)")
                .orElse("");
    }
}
