package io.github.smtpproxy.spring;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Target;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.context.annotation.Bean;

/** Health of the proxy, where Boot's health is on the class path and {@code management.health.smtpproxy.enabled} is not false. */
@AutoConfiguration(after = SmtpProxyAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnEnabledHealthIndicator.class)
@ConditionalOnBean(SmtpProxyLifecycle.class)
@ConditionalOnEnabledHealthIndicator("smtpproxy")
final class SmtpProxyHealthAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "smtpproxyHealthContributor")
    DestinationsHealth smtpproxyHealthContributor(
            SmtpProxyLifecycle lifecycle, ObjectProvider<ConfiguredProxy> configured) {
        Optional<ConfiguredProxy> known = Optional.ofNullable(configured.getIfAvailable());
        Map<String, Destination> names = known.<Map<String, Destination>>map(ConfiguredProxy::destinations)
                .orElse(Map.of());
        Set<Target> targets = known.map(ConfiguredProxy::targets).orElse(Set.of());
        return new DestinationsHealth(lifecycle, names, targets);
    }
}
