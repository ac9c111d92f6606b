package io.github.smtpproxy.examples;

import java.lang.reflect.Field;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The page of the site that lists the gateway's options, as the gateway itself knows them. */
final class OptionsPage {

    private static final String INTRODUCTION = """
        # The gateway's options

        All options of the [gateway](command-line.html), as the program knows them: this page is written by a test
        (`OptionsPageTest`), which fails where they differ. `--help` prints the same.

        In a [configuration file](operations.html) each is a line without the dashes: `--listen 127.0.0.1:25` is
        `listen = 127.0.0.1:25`, and a switch is `mx = true`. What may be repeated is repeated there, too.

        Times are written `500ms`, `2s`, `5m`, `1h`; a bare number is seconds. Sizes are octets, or `512K`, `25M`.
        """;

    /** A class of options, what they are about, and the pages that tell more. */
    private record Group(String options, String title, String more) {}

    private static final List<Group> GROUPS = List.of(
            new Group("Gateway", "The gateway", "[Operations](operations.html)."),
            new Group(
                    "ListenOptions",
                    "Where clients connect",
                    "[Limits](limits.html), [malformed input](malformed-input.html)."),
            new Group("TargetOptions", "Where mail goes", "[Routing](routing.html)."),
            new Group(
                    "PoolOptions",
                    "Connections to the destination",
                    "[Multiplexing](multiplexing.html), [transparent mode](transparent.html)."),
            new Group("TransparentOptions", "In the way of clients", "[Transparent mode](transparent.html)."),
            new Group(
                    "EndpointOptions",
                    "Clients: TLS, logins, who is trusted",
                    "[TLS](tls.html), [logins](logins.html), [the client's address](client-address.html)."),
            new Group(
                    "UnseenOptions",
                    "Clients that take the gateway for the destination",
                    "[The dialogue unseen](transparent-dialogue.html)."),
            new Group(
                    "DestinationOptions",
                    "The destination: TLS, login, names",
                    "[TLS](tls.html), [logins](logins.html), [the client's address](client-address.html)."),
            new Group("OAuth2Options", "Login by tokens", "[OAuth 2.0](oauth2.html)."),
            new Group(
                    "FilterOptions",
                    "What is refused and changed",
                    "[DNS lists](dns-lists.html), [scanners](scanners.html), [policy servers](policy.html), [greylisting](reputation.html), [test systems](staging.html)."),
            new Group("HookOptions", "Programs of your own", "[Hooks](hooks.html)."),
            new Group("VerifyOptions", "Who sent it", "[SPF, DKIM and DMARC](sender.html)."),
            new Group("MilterOptions", "Milters", "[Milters](milters.html)."),
            new Group("SigningOptions", "Signatures", "[DKIM](dkim.html)."),
            new Group("LimitOptions", "Limits and rates", "[Throttling](throttling.html)."),
            new Group("PaceOptions", "Pace", "[Throttling](throttling.html)."),
            new Group("StateOptions", "Together with other gateways", "[Shared state](shared-state.html)."),
            new Group("InspectOptions", "A page to look at", "[The page](inspect.html)."),
            new Group(
                    "AdminOptions",
                    "Metrics, health, drain",
                    "[Operations](operations.html), [metrics](metrics.html)."),
            new Group("LogOptions", "Logs", "[Operations](operations.html)."),
            new Group("TransportOptions", "What carries sessions", "[Transports](transports.html)."));

    private static final Pattern DEFAULT = Pattern.compile("\\s*\\(default: ((?:[^()]|\\([^()]*\\))*)\\)");
    private static final Pattern WORD = Pattern.compile("[a-z0-9-]+");

    private static final Pattern LITERAL =
            Pattern.compile("(?<![\\w-])(?:--[a-z0-9][a-z0-9-]*|[a-z]+://[^\\s,;]*[^\\s,;.]|/[a-z]+)(?!\\w)");

    private final CommandSpec gateway;

    OptionsPage(CommandSpec gateway) {
        this.gateway = gateway;
    }

    /** The whole page. */
    String text() {
        Map<String, List<OptionSpec>> options = byClass();
        String tables = GROUPS.stream()
                .map(group -> table(group, options.remove(group.options())))
                .collect(Collectors.joining());
        if (!options.isEmpty()) {
            throw new AssertionError("OptionsPage has no title for the options of " + options.keySet());
        }
        return INTRODUCTION + tables;
    }

    private Map<String, List<OptionSpec>> byClass() {
        return gateway.options().stream()
                .filter(option -> !option.hidden())
                .collect(Collectors.groupingBy(OptionsPage::owner, LinkedHashMap::new, Collectors.toList()));
    }

    private static String owner(OptionSpec option) {
        String name = option.userObject() instanceof Field field
                ? field.getDeclaringClass().getSimpleName()
                : "";
        return name.endsWith("Options") ? name : "Gateway";
    }

    private static String table(Group group, List<OptionSpec> options) {
        if (options == null) {
            throw new AssertionError("OptionsPage names " + group.options() + ", which has no option");
        }
        return "\n## " + group.title() + "\n\n" + group.more()
                + "\n\n| option | value | default | meaning |\n|---|---|---|---|\n"
                + options.stream().map(OptionsPage::row).collect(Collectors.joining());
    }

    private static String row(OptionSpec option) {
        String description =
                String.join(" ", option.description()).replace("%n", " ").replace("%%", "%");
        Matcher said = DEFAULT.matcher(description);
        Optional<String> usual = said.find() ? Optional.of(said.group(1)) : Optional.empty();
        String names = Stream.of(option.names()).map(OptionsPage::code).collect(Collectors.joining(", "));
        return "| %s | %s | %s | %s |\n"
                .formatted(
                        names,
                        value(option),
                        usual(option, usual),
                        escaped(said.replaceFirst("")) + repeated(option, description));
    }

    private static String value(OptionSpec option) {
        if (option.arity().max() == 0) {
            return "a switch";
        }
        return Stream.of(option.paramLabel().split("\\|"))
                .map(OptionsPage::code)
                .collect(Collectors.joining(", "));
    }

    private static String usual(OptionSpec option, Optional<String> said) {
        if (option.required()) {
            return "required";
        }
        String usual = said.map(text -> text.replace("${DEFAULT-VALUE}", String.valueOf(option.defaultValue())))
                .orElse("");
        return WORD.matcher(usual).matches() ? code(usual) : escaped(usual);
    }

    private static String repeated(OptionSpec option, String description) {
        boolean isList = option.isMultiValue() && !description.contains("May be repeated");
        return isList
                ? " May be repeated" + (option.splitRegex().isEmpty() ? "." : ", or several are separated by commas.")
                : "";
    }

    private static String code(String text) {
        return "`" + text + "`";
    }

    /** Names of options, addresses and paths as they are, and nothing that Markdown takes for its own. */
    private static String escaped(String text) {
        String escaped = text.replaceAll("[\\\\*_\\[\\]|`]", "\\\\$0").replace("<", "&lt;");
        return LITERAL.matcher(escaped).replaceAll("`$0`");
    }
}
