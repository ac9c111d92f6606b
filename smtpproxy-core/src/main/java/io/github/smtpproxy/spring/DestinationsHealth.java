package io.github.smtpproxy.spring;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.DestinationStatus.State;
import io.github.smtpproxy.route.Target;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Health of the proxy by destination. One that is left out while others take its mail does not make the application
 * unhealthy: its status is EJECTED or DRAINED, which Boot does not count.
 */
final class DestinationsHealth implements CompositeHealthContributor {

    /** A router may name any number of destinations, as that of mail exchangers does. */
    private static final int MOST_MET = 100;

    private final SmtpProxyLifecycle lifecycle;
    private final Map<String, Destination> names;
    private final Set<Target> targets;

    DestinationsHealth(SmtpProxyLifecycle lifecycle, Map<String, Destination> configured, Set<Target> targets) {
        this.lifecycle = lifecycle;
        this.targets = targets;
        this.names = new TreeMap<>(configured);
        targets.stream()
                .flatMap(target -> target.destinations().stream())
                .filter(d -> !configured.containsValue(d))
                .forEach(d -> names.put(d.toString(), d));
    }

    /** Those that are named, and others that the proxy has met, such as those of a router that names no reach. */
    private Map<String, Destination> names() {
        Map<String, Destination> all = new TreeMap<>(names);
        if (lifecycle.isRunning()) {
            lifecycle.proxy().destinations().stream()
                    .map(DestinationStatus::destination)
                    .filter(d -> !names.containsValue(d))
                    .limit(MOST_MET)
                    .forEach(d -> all.put(d.toString(), d));
        }
        return all;
    }

    @Override
    public HealthContributor getContributor(String name) {
        Destination destination = names().get(name);
        if (destination != null) {
            return (HealthIndicator) () -> health(destination);
        }
        return name.equals(ConfiguredDestinations.LISTENER) ? (HealthIndicator) this::listener : null;
    }

    @Override
    public Stream<Entry> stream() {
        return Stream.concat(Stream.of(ConfiguredDestinations.LISTENER), names().keySet().stream())
                .distinct()
                .map(name -> new Entry(name, getContributor(name)));
    }

    private Health listener() {
        return running(proxy -> Health.up()
                .withDetail(
                        "addresses",
                        proxy.addresses().stream()
                                .map(a -> a.getHostString() + ":" + a.getPort())
                                .toList())
                .withDetail("sessions", proxy.activeSessions())
                .build());
    }

    private Health health(Destination destination) {
        return running(proxy -> {
            Map<Destination, DestinationStatus> all = proxy.destinations().stream()
                    .collect(Collectors.toMap(DestinationStatus::destination, Function.identity(), (a, b) -> a));
            DestinationStatus status = all.getOrDefault(destination, DestinationStatus.of(destination, 0, true));
            return Health.status(status(
                            status, groups(destination, all.keySet()), d -> !all.containsKey(d) || isUsed(all.get(d))))
                    .withDetail("state", status.state())
                    .withDetail("connections", status.connections())
                    .withDetail("reachable", status.isReachable())
                    .withDetail("greeted", status.greeted())
                    .withDetail("failed", status.failed())
                    .build();
        });
    }

    private Health running(Function<SmtpProxy, Health> health) {
        return lifecycle.isRunning()
                ? health.apply(lifecycle.proxy())
                : Health.outOfService().build();
    }

    /** Who may take its mail: those of each target that it is in; where it is in none, the others of that kind. */
    private List<List<Destination>> groups(Destination destination, Set<Destination> met) {
        List<List<Destination>> groups = targets.stream()
                .map(Target::destinations)
                .filter(group -> group.contains(destination))
                .toList();
        return groups.isEmpty()
                ? List.of(met.stream().filter(d -> !names.containsValue(d)).toList())
                : groups;
    }

    /** DOWN or OUT_OF_SERVICE if a group of it has no other that is used. */
    private Status status(DestinationStatus status, List<List<Destination>> groups, Predicate<Destination> isUsed) {
        if (isUsed(status)) {
            return Status.UP;
        }
        boolean replaced = groups.stream().allMatch(group -> group.stream().anyMatch(isUsed));
        if (replaced) {
            return new Status(status.state().name(), "Others take its mail");
        }
        return status.state() == State.DRAINED ? Status.OUT_OF_SERVICE : Status.DOWN;
    }

    private static boolean isUsed(DestinationStatus status) {
        return status.state() == State.UP || status.state() == State.RETURNING;
    }
}
