package io.github.smtpproxy.spring;

import io.github.smtpproxy.metrics.SmtpProxyMetrics;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Import;

/**
 * Counts and times what the proxy does, where the application has a Micrometer registry and no {@link SmtpProxyMetrics} of its
 * own.
 */
@AutoConfiguration(
        before = SmtpProxyAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(name = SmtpProxyMetricsAutoConfiguration.REGISTRY)
@ConditionalOnSingleCandidate(type = SmtpProxyMetricsAutoConfiguration.REGISTRY)
@ConditionalOnMissingBean(SmtpProxyMetrics.class)
@Import(SmtpProxyMetrics.class)
final class SmtpProxyMetricsAutoConfiguration {

    static final String REGISTRY = "io.micrometer.core.instrument.MeterRegistry";
}
