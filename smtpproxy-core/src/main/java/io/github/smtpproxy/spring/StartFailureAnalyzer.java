package io.github.smtpproxy.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reports why the proxy could not start, such as a port that is taken. */
final class StartFailureAnalyzer extends AbstractFailureAnalyzer<StartException> {

    @Override
    protected FailureAnalysis analyze(Throwable failure, StartException cause) {
        return new FailureAnalysis(
                "The SMTP proxy cannot start: " + cause.getMessage(),
                "Change smtpproxy.* or what is in its way.",
                failure);
    }
}
