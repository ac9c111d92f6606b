import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.examples.BufferedLog;
import io.github.smtpproxy.examples.ProgramLog;
import io.github.smtpproxy.inspect.Inspect;
import io.github.smtpproxy.jfr.SmtpProxyJfr;
import io.github.smtpproxy.metrics.SmtpProxyMetrics;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.tracing.SmtpProxyTracing;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.Collection;
import java.util.List;

/**
 * A program that embeds two proxies, of which the first is watched. Arguments: what watches it (nothing, metrics, tracing with
 * the share of sessions that is sampled, jfr, page), the port of the destination, the ports of both, the port of the page.
 */
public final class Watched {

    private Watched() {}

    /** Takes spans, and sends them nowhere. */
    private static final class Nowhere implements SpanExporter {
        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    /** Runs it until it is ended. */
    public static void main(String[] args) throws InterruptedException {
        BufferedLog.install(); // as the gateway does, with which it is compared
        ProgramLog.text("info");
        SmtpProxyBuilder watched = proxy(args[2], args[1]);
        watch(watched, args[0], Integer.parseInt(args[4]));
        for (SmtpProxyBuilder each : List.of(watched, proxy(args[3], args[1]))) {
            SmtpProxy proxy = each.start();
            Runtime.getRuntime().addShutdownHook(new Thread(proxy::close));
        }
        Thread.currentThread().join();
    }

    private static SmtpProxyBuilder proxy(String port, String destination) {
        return SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", Integer.parseInt(port))
                        .maxConnections(10_000)
                        .received(false))
                .router(Router.to(Destination.at("127.0.0.1", Integer.parseInt(destination))));
    }

    private static void watch(SmtpProxyBuilder builder, String what, int page) {
        if (what.equals("page")) {
            builder.inspect(Inspect.at(page));
        } else if (!what.equals("nothing")) {
            builder.listener(listener(what));
        }
    }

    private static ProxyListener listener(String what) {
        if (what.equals("metrics")) {
            return new SmtpProxyMetrics(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        }
        return what.equals("jfr") ? new SmtpProxyJfr() : new SmtpProxyTracing(sdk(Double.parseDouble(what)));
    }

    private static OpenTelemetrySdk sdk(double share) {
        SdkTracerProvider spans = SdkTracerProvider.builder()
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(share)))
                .addSpanProcessor(BatchSpanProcessor.builder(new Nowhere()).build())
                .build();
        return OpenTelemetrySdk.builder().setTracerProvider(spans).build();
    }
}
