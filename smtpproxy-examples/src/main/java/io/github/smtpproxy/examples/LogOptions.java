package io.github.smtpproxy.examples;

import java.util.Locale;
import picocli.CommandLine.Option;

/** What the gateway logs, and how. */
final class LogOptions {

    enum Format {
        TEXT,
        JSON
    }

    enum Level {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE
    }

    @Option(
            names = "--log-level",
            defaultValue = "info",
            paramLabel = "error|warn|info|debug|trace",
            description = "What goes to standard error: info has a line for each transaction and each refusal "
                    + "(default: ${DEFAULT-VALUE}).")
    private Level level;

    @Option(
            names = "--log-format",
            defaultValue = "text",
            paramLabel = "text|json",
            description = "How lines of the log are written (default: ${DEFAULT-VALUE}).")
    private Format format;

    /** From now on. */
    void apply() {
        String least = level.name().toLowerCase(Locale.ROOT);
        if (format == Format.JSON) {
            ProgramLog.json(least);
        } else {
            ProgramLog.text(least);
        }
    }
}
