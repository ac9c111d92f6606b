package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.milter.AskMilter;
import java.util.List;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Option;

/** The milters that the gateway asks. */
final class MilterOptions {

    @Option(
            names = "--milter",
            paramLabel = "HOST:PORT|PATH",
            description =
                    "Ask this milter about each step of all sessions; several are asked in their order, behind all other "
                            + "filters.")
    private List<String> milters = List.of();

    /**
     * @param observed what becomes of a filter that decides
     * @throws IllegalArgumentException if an address is none
     */
    void applyTo(SmtpProxyBuilder proxy, UnaryOperator<Filter> observed) {
        milters.forEach(
                milter -> proxy.filter(observed.apply(OptionValue.of("--milter", milter, () -> AskMilter.at(milter)))));
    }
}
