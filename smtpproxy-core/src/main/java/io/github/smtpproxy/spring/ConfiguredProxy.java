package io.github.smtpproxy.spring;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * What properties say a proxy is made of.
 *
 * @param builder the proxy, without what beans add
 * @param destinations those of the properties, by name
 * @param router that of the properties and the beans, if there is any
 */
record ConfiguredProxy(SmtpProxyBuilder builder, SortedMap<String, Destination> destinations, Optional<Router> router) {

    /** @param routers beans, which are asked before the routes of the properties */
    static ConfiguredProxy of(SmtpProxyProperties properties, Bundles bundles, List<Router> routers) {
        SmtpProxyBuilder builder = SmtpProxy.builder();
        new ConfiguredEndpoints(bundles).of(properties.endpoints()).forEach(builder::listen);
        SortedMap<String, Destination> destinations = new ConfiguredDestinations(bundles).of(properties.destinations());
        Optional<Router> router = router(routers, new ConfiguredRoutes(destinations, properties).router());
        router.ifPresent(builder::router);
        builder.timeouts(ConfiguredLimits.timeouts(properties.timeouts()));
        builder.transport(ConfiguredLimits.transport(properties.transport()));
        ConfiguredLimits.pool(properties.pool()).ifPresent(builder::multiplexing);
        Optional.ofNullable(properties.maxMessageSize())
                .map(size -> InvalidPropertyException.checked(
                        "smtpproxy.max-message-size", size, () -> LimitSize.to(size.toBytes())))
                .ifPresent(builder::filter);
        return new ConfiguredProxy(builder, destinations, router);
    }

    /** Where mail can go, as far as it is known at start. */
    Set<Target> targets() {
        return router.map(Router::reach).orElse(Set.of());
    }

    private static Optional<Router> router(List<Router> beans, Optional<Router> configured) {
        Router[] all = Stream.concat(beans.stream(), configured.stream()).toArray(Router[]::new);
        return switch (all.length) {
            case 0 -> Optional.empty();
            case 1 -> Optional.of(all[0]);
            default -> Optional.of(Router.firstMatch(all));
        };
    }
}
