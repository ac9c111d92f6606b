package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.jfr.SmtpProxyJfr;
import io.github.smtpproxy.metrics.SmtpProxyMetrics;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.tracing.SmtpProxyTracing;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;

/** The code of the page on metrics. */
final class Metrics {

    private Metrics() {}

    static SmtpProxy watched(MeterRegistry meters, OpenTelemetry openTelemetry) {
        // snippet: watched
        SmtpProxy proxy = SmtpProxy.builder()
                .listen(2525)
                .router(Router.to(Destination.at("mail.internal", 25)))
                .listener(new SmtpProxyMetrics(meters))
                .listener(new SmtpProxyTracing(openTelemetry))
                .listener(new SmtpProxyJfr())
                .start();
        // end
        return proxy;
    }
}
