package io.github.smtpproxy.spring;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.throttle.Throttle;
import java.util.List;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/**
 * A proxy in a Spring Boot application, where {@code smtpproxy.endpoints.*} is set or a {@link SmtpProxyCustomizer} is there,
 * and no {@link SmtpProxyLifecycle} is. Filters, throttles, routers and listeners that are beans are taken in their
 * {@code @Order}.
 */
@SuppressWarnings("exports") // who uses it has Spring
@AutoConfiguration(after = SslAutoConfiguration.class)
@ConditionalOnMissingBean(SmtpProxyLifecycle.class)
@Conditional(ProxyConfigured.class)
@EnableConfigurationProperties(SmtpProxyProperties.class)
public final class SmtpProxyAutoConfiguration {

    SmtpProxyAutoConfiguration() {}

    @Bean
    ConfiguredProxy configuredSmtpProxy(
            SmtpProxyProperties properties, ObjectProvider<SslBundles> bundles, ObjectProvider<Router> routers) {
        return ConfiguredProxy.of(
                properties,
                new Bundles(Optional.ofNullable(bundles.getIfAvailable())),
                routers.orderedStream().toList());
    }

    @Bean(destroyMethod = "stop")
    SmtpProxyLifecycle smtpProxyLifecycle(
            ConfiguredProxy configured,
            SmtpProxyProperties properties,
            ObjectProvider<Filter> filters,
            ObjectProvider<Throttle> throttles,
            ObjectProvider<ProxyListener> listeners,
            ObjectProvider<SmtpProxyCustomizer> customizers) {
        SmtpProxyBuilder builder = configured.builder();
        filters.orderedStream().forEach(builder::filter);
        throttles.orderedStream().forEach(builder::throttle);
        listeners.orderedStream().forEach(builder::listener);
        List<SmtpProxyCustomizer> custom = customizers.orderedStream().toList();
        if (custom.isEmpty() && configured.router().isEmpty()) {
            throw InvalidPropertyException.of(
                    ConfiguredDestinations.PREFIX,
                    null,
                    "at least one destination is needed, or a bean that is a Router");
        }
        custom.forEach(customizer -> customizer.customize(builder));
        return InvalidPropertyException.checked(
                "smtpproxy.shutdown.drain",
                properties.shutdown().drain(),
                () -> SmtpProxyLifecycle.of(builder).drain(properties.shutdown().drain()));
    }
}
