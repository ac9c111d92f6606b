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
            String message = invalid.getMessage();
            throw message.startsWith("--") ? invalid : new IllegalArgumentException(option + ": " + message, invalid);
        }
    }
}
