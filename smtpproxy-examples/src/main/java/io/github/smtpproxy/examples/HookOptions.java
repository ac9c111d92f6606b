package io.github.smtpproxy.examples;

import io.github.smtpproxy.filters.Scanner;
import io.github.smtpproxy.filters.hook.AskHook;
import io.github.smtpproxy.session.Session;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import picocli.CommandLine.Option;

/** A program of one's own that the gateway asks about messages. */
final class HookOptions {

    @Option(
            names = "--hook",
            paramLabel = "URL",
            description = "Ask this program about messages, in the JSON of Stalwart's MTA hooks, such as "
                    + "http://127.0.0.1:8080/hook; the next one if it is down. Experimental.")
    private List<String> hooks = List.of();

    /**
     * @param exempted clients whose messages it is not asked about
     * @throws IllegalArgumentException if the option has an invalid value
     */
    Optional<Scanner> scanner(Predicate<Session> exempted) {
        hooks.forEach(hook -> OptionValue.of("--hook", hook, () -> AskHook.at(hook)));
        return hooks.isEmpty()
                ? Optional.empty()
                : Optional.of(OptionValue.of(
                        "--hook", () -> AskHook.at(hooks.toArray(String[]::new)).exempt(exempted)));
    }
}
