package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.DelayGreeting;
import io.github.smtpproxy.throttling.LimitBandwidth;
import io.github.smtpproxy.throttling.Tarpit;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import picocli.CommandLine.Option;

/** How slow the gateway is for whom, and how slow a client may be. */
final class PaceOptions {

    private static final Duration LONGEST_HOLD = Duration.ofSeconds(5);

    @Option(
            names = "--greeting-delay",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "Greet a client after this time, once a day, and refuse one that speaks before, such as 6s.")
    private Optional<Duration> greetingDelay;

    @Option(
            names = "--tarpit",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "Delay the first refusal of a session by this time, the second by twice as much, and so on, "
                    + "up to 5 seconds or this time, such as 1s.")
    private Optional<Duration> tarpit;

    @Option(
            names = "--bandwidth",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            description = "Octets of messages a second of each client, in each direction, such as 64K.")
    private Optional<Long> bandwidth;

    @Option(
            names = "--min-rate",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            description = "End sessions whose messages come with fewer octets a second, such as 500 "
                    + "(default: 1,024 octets in 3 minutes).")
    private Optional<Long> minRate;

    /**
     * @param exempt clients that are not slowed
     * @throws IllegalArgumentException if an option has an invalid value
     */
    void applyTo(SmtpProxyBuilder proxy, Optional<Predicate<Session>> exempt) {
        greetingDelay
                .map(time -> OptionValue.of("--greeting-delay", () -> DelayGreeting.by(time)))
                .ifPresent(throttle -> add(proxy, throttle, exempt));
        tarpit.map(time -> OptionValue.of("--tarpit", () -> tarpit(time)))
                .ifPresent(throttle -> add(proxy, throttle, exempt));
        bandwidth
                .map(octets -> OptionValue.of("--bandwidth", () -> LimitBandwidth.to(octets)))
                .ifPresent(throttle -> add(proxy, throttle, exempt));
        minRate.map(octets ->
                        OptionValue.of("--min-rate", () -> Timeouts.defaults().minimumRate(octets)))
                .ifPresent(proxy::timeouts);
    }

    private static Tarpit tarpit(Duration delay) {
        Tarpit tarpit = Tarpit.perError(delay);
        return delay.compareTo(LONGEST_HOLD) > 0 ? tarpit.upTo(delay) : tarpit;
    }

    private static void add(SmtpProxyBuilder proxy, Throttle throttle, Optional<Predicate<Session>> exempt) {
        proxy.throttle(exempt.map(throttle::unless).orElse(throttle));
    }
}
