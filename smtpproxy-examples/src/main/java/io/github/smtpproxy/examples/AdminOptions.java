package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.metrics.SmtpProxyMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Metrics, health and drain by HTTP. */
final class AdminOptions implements AutoCloseable {

    @Option(
            names = "--admin",
            paramLabel = "HOST:PORT",
            converter = HostPort.Converter.class,
            description = "Answer GET /metrics, /healthz, /livez and /readyz there, and POST /drain from this machine; "
                    + "destinations are probed each 10 seconds, unless --probe says otherwise.")
    private Optional<HostPort> where;

    @Option(
            names = "--admin-token-file",
            paramLabel = "FILE",
            description =
                    "Who sends POST /drain must send this file's only line as a Bearer token; without this option, "
                            + "this machine alone may send it.")
    private Optional<Path> tokenFile;

    /** Of Micrometer, which "promtool check metrics" finds fault with. */
    private static final Set<String> MISNAMED = Set.of("process.cpu.time", "system.cpu.count");

    private Optional<PrometheusMeterRegistry> registry = Optional.empty();
    private Optional<AdminServer> server = Optional.empty();

    /** Where it is, if it is wanted. */
    Stream<HostPort> address() {
        return where.stream();
    }

    boolean isWanted() {
        return where.isPresent();
    }

    /** @throws IllegalArgumentException if options contradict each other, or the token is missing */
    void applyTo(SmtpProxyBuilder proxy) {
        if (where.isEmpty() && tokenFile.isPresent()) {
            throw new IllegalArgumentException("--admin-token-file needs --admin");
        }
        where.ifPresent(at -> OptionValue.of("--admin", at::resolved));
        token();
        if (where.isPresent()) {
            PrometheusMeterRegistry own = registry();
            registry = Optional.of(own);
            proxy.listener(new SmtpProxyMetrics(own));
        }
    }

    /** Takes its port, before the proxy takes those of clients. */
    void open() {
        server = where.map(at -> AdminServer.open(at.resolved(), token()));
    }

    /** @param ownServers whether all destinations are ours, so that without them there is nothing to serve */
    void serve(GatewayService service, boolean ownServers) {
        server.ifPresent(at -> at.serve(service, registry.orElseThrow(), ownServers));
    }

    @Override
    public void close() {
        server.ifPresent(AdminServer::close);
        registry.ifPresent(PrometheusMeterRegistry::close);
    }

    private Optional<String> token() {
        return tokenFile.map(file -> OptionValue.of("--admin-token-file", () -> TextFile.token(file)));
    }

    private static PrometheusMeterRegistry registry() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        registry.config().meterFilter(MeterFilter.deny(meter -> MISNAMED.contains(meter.getName())));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        return registry;
    }
}
