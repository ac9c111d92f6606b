package io.github.smtpproxy.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reports which property is wrong, what it is and what it must be. */
final class InvalidPropertyFailureAnalyzer extends AbstractFailureAnalyzer<InvalidPropertyException> {

    @Override
    protected FailureAnalysis analyze(Throwable failure, InvalidPropertyException cause) {
        String description = "The property %s cannot be used:%n%n    Value: %s%n    Reason: %s"
                .formatted(cause.property(), cause.value(), cause.allowed());
        return new FailureAnalysis(description, "Change " + cause.property() + ".", failure);
    }
}
