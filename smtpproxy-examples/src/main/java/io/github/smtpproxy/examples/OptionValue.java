package io.github.smtpproxy.examples;

import java.util.function.Supplier;

/** What an option stands for, so that what is wrong with it is told with the option's name. */
final class OptionValue {

    private OptionValue() {}

    /**
     * A value that is made of an option.
     *
     * @param option its name, with its value where that is no secret
     * @throws IllegalArgumentException as the supplier throws it, with the name in front
     */
    static <T> T of(String option, Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException invalid) {
            throw invalid.getMessage().startsWith("--")
                    ? invalid
                    : new IllegalArgumentException(named(option, invalid), invalid);
        }
    }

    /**
     * What is made of one value of an option that may be repeated.
     *
     * @param value as it was given, which finds its line in a file
     * @throws OptionException where the supplier throws an IllegalArgumentException, with the name in front
     */
    static <T> T of(String option, String value, Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException invalid) {
            throw new OptionException(named(option, invalid), value, invalid);
        }
    }

    private static String named(String option, IllegalArgumentException invalid) {
        String message = invalid.getMessage();
        return message.startsWith("--") ? message : option + ": " + message;
    }
}
