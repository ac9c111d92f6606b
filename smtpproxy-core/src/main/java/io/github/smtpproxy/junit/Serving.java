package io.github.smtpproxy.junit;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The proxy of an extension, which runs while a class or a test uses it. Thread-safe. */
final class Serving {

    private final Settings settings;
    private final Recording recording;
    private final Optional<ScriptedServer> own;
    /** Of system properties that were set, what they were before. */
    private final Map<String, Optional<String>> before = new HashMap<>();

    private int users;
    private Optional<SmtpProxy> proxy = Optional.empty();

    Serving(Settings settings, Inject inject) {
        this.settings = settings;
        this.recording = new Recording(inject);
        this.own = settings.server().isEmpty() ? Optional.of(new ScriptedServer()) : Optional.empty();
    }

    Recording recording() {
        return recording;
    }

    ScriptedServer own() {
        return own.orElseThrow(() -> new IllegalStateException(
                "server must be the extension's own, but it stands before another: see SmtpFaultsExtension.ownServer"));
    }

    /** Starts it for the first who uses it. Who calls this calls {@link #release} once. */
    synchronized void use() {
        if (users == 0) {
            start();
        }
        users++;
    }

    /** Ends it with the last. */
    synchronized void release() {
        users--;
        if (users == 0) {
            stop();
        }
    }

    synchronized InetSocketAddress address() {
        return proxy.map(SmtpProxy::address)
                .orElseThrow(() -> new IllegalStateException("SmtpFaultsExtension must be registered, static or not,"
                        + " and serves while the tests of its class, or its test, run"));
    }

    /** Where a program on this machine finds it. */
    String host() {
        InetSocketAddress address = address();
        return address.getAddress().isAnyLocalAddress() ? "localhost" : address.getHostString();
    }

    /** Between two tests that share it. */
    void clear() {
        recording.clear();
        own.ifPresent(ScriptedServer::forget);
    }

    private void start() {
        own.ifPresent(ScriptedServer::start);
        try {
            Supplier<Destination> server = settings.server().orElseGet(() -> own()::destination);
            SmtpProxyBuilder builder = SmtpProxy.builder()
                    .listen(settings.endpoint())
                    .router(new Asking(server))
                    .faults(recording)
                    .transcript(recording)
                    .listener(recording);
            settings.customization().accept(builder);
            proxy = Optional.of(builder.start());
            settings.hostProperty().ifPresent(name -> set(name, host()));
            settings.portProperty()
                    .ifPresent(name -> set(name, Integer.toString(address().getPort())));
        } catch (RuntimeException | Error e) {
            stop();
            throw e;
        }
    }

    private void stop() {
        before.forEach((name, value) ->
                value.ifPresentOrElse(v -> System.setProperty(name, v), () -> System.clearProperty(name)));
        before.clear();
        proxy.ifPresent(SmtpProxy::close);
        proxy = Optional.empty();
        own.ifPresent(ScriptedServer::stop);
    }

    private void set(String name, String value) {
        before.put(name, Optional.ofNullable(System.setProperty(name, value)));
    }

    /** A server that is started anew for each test may have another port each time. */
    private record Asking(Supplier<Destination> server) implements Router {

        @Override
        public Route connect(Session session) {
            return Route.to(server.get());
        }

        @Override
        public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
            return Route.to(server.get());
        }
    }
}
