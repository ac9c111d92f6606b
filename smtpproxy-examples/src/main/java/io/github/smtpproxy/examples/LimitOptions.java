package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Stress;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.LimitRate;
import io.github.smtpproxy.throttling.LimitSessions;
import io.github.smtpproxy.throttling.Throttles;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** How much the gateway takes of each client, and of others who are counted together. */
final class LimitOptions {

    private static final Pattern RULE = Pattern.compile("([a-z-]+):([a-z-]+)=(.+)");
    private static final String SESSIONS = "sessions";
    private static final String WHATS =
            "sessions, connections, messages, recipients, octets, unknown-recipients, " + "failed-logins";
    private static final String KEYS = "client, network, helo, sender, sender-domain, user, recipient-domain, endpoint";

    @Option(names = "--max-sessions-per-client", paramLabel = "N", description = "Sessions of one address at once.")
    private Optional<Integer> maxSessionsPerClient;

    @Option(
            names = "--rate",
            paramLabel = "KEY:WHAT=RATE",
            description = "Refuse what is above this rate, such as client:messages=5/min or "
                    + "network:connections=300/min,burst=50; client:sessions=10 is at once. KEY: " + KEYS
                    + " (a network is /24 of IPv4, /64 of IPv6). WHAT: " + WHATS + ". May be repeated.")
    private List<String> rates = List.of();

    @Option(
            names = "--sensible-limits",
            description = "Limit connections, sessions, failed logins and unknown recipients of each network "
                    + "by numbers that fit nearly everybody.")
    private boolean sensible;

    @Option(
            names = "--stress",
            description =
                    "With 90 %% of --max-connections give clients less time and fewer errors, and with all of them close "
                            + "an idle one for the next client.")
    private boolean stress;

    /**
     * @param exempt clients that are not limited
     * @throws IllegalArgumentException if an option has an invalid value
     */
    void applyTo(SmtpProxyBuilder proxy, Optional<Predicate<Session>> exempt) {
        List<Throttle> throttles = throttles();
        if (!throttles.isEmpty()) {
            Throttle all = Throttles.all(throttles.toArray(Throttle[]::new));
            proxy.throttle(exempt.map(all::unless).orElse(all));
        }
        if (stress) {
            proxy.underAttack(Stress.defaults());
        }
    }

    private List<Throttle> throttles() {
        List<Throttle> throttles = new ArrayList<>();
        maxSessionsPerClient
                .map(most -> OptionValue.<Throttle>of(
                        "--max-sessions-per-client",
                        () -> LimitSessions.by(LimitKey.client()).to(most)))
                .ifPresent(throttles::add);
        rates.stream()
                .map(text -> OptionValue.of("--rate " + text, text, () -> rule(text)))
                .forEach(throttles::add);
        if (sensible) {
            throttles.add(Throttles.sensible());
        }
        return throttles;
    }

    private static Throttle rule(String text) {
        Matcher rule = RULE.matcher(text);
        if (!rule.matches()) {
            throw new IllegalArgumentException("must be KEY:WHAT=RATE, such as client:messages=5/min");
        }
        LimitKey key = key(rule.group(1));
        if (rule.group(2).equals(SESSIONS)) {
            return LimitSessions.by(key).to(number(rule.group(3)));
        }
        LimitRate.Draft draft = LimitRate.of(counted(rule.group(2))).by(key);
        return draft.to(Rate.parse(rule.group(3)));
    }

    private static LimitKey key(String name) {
        return switch (name) {
            case "client" -> LimitKey.client();
            case "network" -> LimitKey.network(24, 64);
            case "helo" -> LimitKey.helo();
            case "sender" -> LimitKey.sender();
            case "sender-domain" -> LimitKey.senderDomain();
            case "user" -> LimitKey.user();
            case "recipient-domain" -> LimitKey.recipientDomain();
            case "endpoint" -> LimitKey.endpoint();
            default -> throw new IllegalArgumentException("KEY must be one of " + KEYS + ", was '" + name + "'");
        };
    }

    private static Counted counted(String name) {
        try {
            return Counted.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
        } catch (IllegalArgumentException another) {
            throw new IllegalArgumentException("WHAT must be one of " + WHATS + ", was '" + name + "'", another);
        }
    }

    private static int number(String text) {
        if (!text.matches("\\d{1,9}")) {
            throw new IllegalArgumentException("sessions must be a number, was '" + text + "'");
        }
        return Integer.parseInt(text);
    }
}
