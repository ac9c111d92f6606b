package io.github.smtpproxy.examples;

import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with the options, or why the program cannot start, in one line without a secret. */
final class UsageErrors implements IParameterExceptionHandler, IExecutionExceptionHandler {

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

    /** What is no option is shown without a value, which may be a secret: that of a misspelt --to-password-file is a file. */
    private static String oneLine(Exception failure) {
        if (failure instanceof UnmatchedArgumentException unknown) {
            return unknown(unknown);
        }
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return message.replaceAll("\\s*\\R\\s*", " ");
    }

    private static String unknown(UnmatchedArgumentException unknown) {
        return unknown.getUnmatched().stream()
                .filter(argument -> argument.startsWith("-"))
                .map(argument -> "Unknown option: '" + argument.replaceFirst("(?s)=.*", "") + "'")
                .findFirst()
                .map(message -> message + meant(unknown))
                .orElse("There is an argument that is neither an option nor a value of one");
    }

    private static String meant(UnmatchedArgumentException unknown) {
        return unknown.getSuggestions().stream()
                .findFirst()
                .map(option -> " (is " + option + " meant?)")
                .orElse("");
    }
}
