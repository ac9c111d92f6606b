package io.github.smtpproxy.spring;

import java.util.stream.Collectors;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Names properties that do not exist, before Boot's own analyzer does so with their values: one may be a password. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class UnknownPropertyFailureAnalyzer extends AbstractFailureAnalyzer<BindException> {

    private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("smtpproxy");

    @Override
    protected FailureAnalysis analyze(Throwable failure, BindException cause) {
        UnboundConfigurationPropertiesException unknown =
                findCause(failure, UnboundConfigurationPropertiesException.class);
        if (unknown == null || !PREFIX.equals(cause.getName())) {
            return null;
        }
        String names = unknown.getUnboundProperties().stream()
                .map(p -> p.getName() + (p.getOrigin() == null ? "" : " (" + p.getOrigin() + ")"))
                .collect(Collectors.joining("\n    "));
        return new FailureAnalysis(
                "There is no such property:\n\n    " + names, "Correct the name, or remove the property.", failure);
    }
}
