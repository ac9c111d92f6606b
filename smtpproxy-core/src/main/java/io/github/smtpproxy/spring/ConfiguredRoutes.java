package io.github.smtpproxy.spring;

import static io.github.smtpproxy.spring.InvalidPropertyException.checked;

import io.github.smtpproxy.route.Balancer;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.DomainRouter;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.spring.SmtpProxyProperties.Choice;
import io.github.smtpproxy.spring.SmtpProxyProperties.Rule;
import io.github.smtpproxy.spring.SmtpProxyProperties.Server;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The routes that properties tell of. */
final class ConfiguredRoutes {

    static final String PREFIX = "smtpproxy.routes";

    private final SortedMap<String, Destination> destinations;
    private final Map<String, Server> servers;
    private final SortedMap<String, Rule> rules;

    ConfiguredRoutes(SortedMap<String, Destination> destinations, SmtpProxyProperties properties) {
        this.destinations = destinations;
        this.servers = properties.destinations();
        this.rules = new TreeMap<>(properties.routes());
    }

    /** By sender, then by recipient, then what is left; empty if there are no destinations. */
    Optional<Router> router() {
        if (rules.isEmpty()) {
            return destinations.isEmpty() ? Optional.empty() : Optional.of(Router.to(all()));
        }
        List<Router> routers = new ArrayList<>();
        DomainRouter senders = Router.bySenderDomain();
        DomainRouter recipients = Router.byRecipientDomain();
        Optional<Target> others = Optional.empty();
        for (Map.Entry<String, Rule> entry : rules.entrySet()) {
            String property = PREFIX + "." + entry.getKey();
            Rule rule = entry.getValue();
            Target target = target(property, rule);
            senders = domains(property + ".sender-domains", senders, rule.senderDomains(), target);
            recipients = domains(property + ".recipient-domains", recipients, rule.recipientDomains(), target);
            others = others(property, rule, target, others);
        }
        if (rules.values().stream().anyMatch(rule -> !rule.senderDomains().isEmpty())) {
            routers.add(senders.otherwiseUndecided());
        }
        routers.add(others.map(recipients::otherwise).orElse(recipients));
        return Optional.of(Router.firstMatch(routers.toArray(Router[]::new)));
    }

    private static DomainRouter domains(String property, DomainRouter router, List<String> domains, Target target) {
        DomainRouter grown = router;
        for (String domain : domains) {
            DomainRouter before = grown;
            grown = checked(property, domain, () -> before.route(domain, target));
        }
        return grown;
    }

    private static Optional<Target> others(String property, Rule rule, Target target, Optional<Target> before) {
        if (!rule.senderDomains().isEmpty() || !rule.recipientDomains().isEmpty()) {
            return before;
        }
        if (before.isPresent()) {
            throw InvalidPropertyException.of(
                    property + ".recipient-domains",
                    null,
                    "one route only may be without recipient-domains and sender-domains: it gets all other mail");
        }
        return Optional.of(target);
    }

    private Target all() {
        return group(new ArrayList<>(destinations.keySet()), List.of(), Optional.empty());
    }

    private Target target(String property, Rule rule) {
        if (rule.destinations().isEmpty()) {
            throw InvalidPropertyException.of(property + ".destinations", null, known());
        }
        rule.destinations().forEach(name -> check(property + ".destinations", name));
        rule.spares().forEach(name -> check(property + ".spares", name));
        return checked(
                property + ".destinations",
                rule.destinations() + (rule.spares().isEmpty() ? "" : " with spares " + rule.spares()),
                () -> group(rule.destinations(), rule.spares(), Optional.ofNullable(rule.balancer())));
    }

    private void check(String property, String name) {
        if (!destinations.containsKey(name)) {
            throw InvalidPropertyException.of(property, name, known());
        }
    }

    private String known() {
        return "it must name destinations of " + ConfiguredDestinations.PREFIX + ", which are " + destinations.keySet();
    }

    private DestinationGroup group(List<String> names, List<String> spares, Optional<Choice> balancer) {
        boolean weighted = names.stream().anyMatch(name -> servers.get(name).weight() != null);
        DestinationGroup group = weigh(Optional.empty(), names.get(0));
        for (String name : names.subList(1, names.size())) {
            group = weigh(Optional.of(group), name);
        }
        for (String spare : spares) {
            group = group.spare(destinations.get(spare));
        }
        return group.balancer(balancer(balancer.orElse(weighted ? Choice.ROUND_ROBIN : Choice.IN_ORDER)));
    }

    private DestinationGroup weigh(Optional<DestinationGroup> before, String name) {
        Integer set = servers.get(name).weight();
        int weight = set == null ? 1 : set;
        Destination destination = destinations.get(name);
        checked(
                ConfiguredDestinations.PREFIX + "." + name + ".weight",
                weight,
                () -> DestinationGroup.of(destination, weight));
        return before.map(group -> group.and(destination, weight))
                .orElseGet(() -> DestinationGroup.of(destination, weight));
    }

    private static Balancer balancer(Choice choice) {
        return switch (choice) {
            case IN_ORDER -> Balancer.inOrder();
            case ROUND_ROBIN -> Balancer.roundRobin();
            case LEAST_BUSY -> Balancer.leastBusy();
            case TWO_CHOICES -> Balancer.twoChoices();
            case STICKY_BY_CLIENT -> Balancer.stickyByClient();
            case STICKY_BY_SENDER -> Balancer.stickyBySender();
        };
    }
}
