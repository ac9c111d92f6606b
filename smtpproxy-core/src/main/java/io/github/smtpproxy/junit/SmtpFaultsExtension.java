package io.github.smtpproxy.junit;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.chaos.Injected;
import io.github.smtpproxy.chaos.OnCommand;
import io.github.smtpproxy.chaos.OnEhlo;
import io.github.smtpproxy.chaos.OnMessage;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.route.Destination;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;
import org.opentest4j.TestAbortedException;

/**
 * Stands between a program that sends mail and its server, a real one or one of its own, and makes the faults that a test
 * asks for. Needs JUnit Jupiter 5.13 or later, or 6.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final SmtpFaultsExtension smtp = SmtpFaultsExtension.before("127.0.0.1", () -> greenMail.getSmtp().getPort());
 *
 * @Test
 * void a_busy_mailbox_is_tried_again() {
 *     smtp.onRcpt("b@example.org").times(1).reply(450, "4.2.1", "busy");
 *     send("b@example.org");
 *     assertThat(smtp.awaitConversation()).refused(450);
 *     assertThat(smtp.awaitConversation()).delivered().toRecipients("b@example.org");
 * }
 * }</pre>
 *
 * <p>In a static field, or with {@code @ExtendWith}, it serves at one port for all tests of a class, one at a time; in
 * an instance field each test has one of its own, and tests may run at the same time. Faults, conversations and what
 * its own server has learned are forgotten before and after each test; where a fault still waits then, both sides are
 * hung up. When a test fails, both lanes of what was sent are printed.
 *
 * <p>Settings are immutable: each makes another extension. Thread-safe.
 */
@SuppressWarnings("exports") // who extends a test has JUnit
public final class SmtpFaultsExtension
        implements BeforeAllCallback,
                TestInstancePreConstructCallback,
                BeforeEachCallback,
                AfterEachCallback,
                ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(SmtpFaultsExtension.class);
    private static final Duration LONGEST_PATIENCE = Duration.ofHours(1);

    private final Settings settings;
    private final Inject inject = Inject.faults();
    private final Serving serving;
    private final AtomicReference<Optional<String>> test = new AtomicReference<>(Optional.empty());

    /** With a server of its own, as {@link #ownServer}: for {@code @ExtendWith}. */
    public SmtpFaultsExtension() {
        this(Settings.of(Optional.empty()));
    }

    private SmtpFaultsExtension(Settings settings) {
        this.settings = settings;
        this.serving = new Serving(settings, inject);
    }

    /** With a server of its own, which accepts what it is not set to refuse: see {@link #server}. */
    public static SmtpFaultsExtension ownServer() {
        return new SmtpFaultsExtension();
    }

    /** Before this server. */
    public static SmtpFaultsExtension before(Destination server) {
        Objects.requireNonNull(server, "server");
        return before(() -> server);
    }

    /**
     * Before the server that this gives, which is asked in each session: for one that is started later, or anew for each test.
     *
     * @param server asked on threads of the proxy; never null
     */
    public static SmtpFaultsExtension before(Supplier<Destination> server) {
        Objects.requireNonNull(server, "server");
        return new SmtpFaultsExtension(Settings.of(Optional.of(server)));
    }

    /** The same at the port that this gives. */
    public static SmtpFaultsExtension before(String host, IntSupplier port) {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(port, "port");
        return before(() -> Destination.at(host, port.getAsInt()));
    }

    /**
     * Where it listens, with its certificate if clients shall use TLS; by default a free port of 127.0.0.1, and messages pass
     * as they are, without a Received field.
     */
    public SmtpFaultsExtension listen(Endpoint where) {
        Objects.requireNonNull(where, "listen");
        return new SmtpFaultsExtension(settings.endpoint(where));
    }

    /** Sets this system property to the host while it serves. */
    public SmtpFaultsExtension hostProperty(String name) {
        return new SmtpFaultsExtension(settings.hostProperty(checked("hostProperty", name)));
    }

    /** Sets this system property to the port while it serves; not for tests that run at the same time. */
    public SmtpFaultsExtension portProperty(String name) {
        return new SmtpFaultsExtension(settings.portProperty(checked("portProperty", name)));
    }

    private static String checked(String setting, String name) {
        Objects.requireNonNull(name, setting);
        if (name.isBlank()) {
            throw new IllegalArgumentException(setting + " must be the name of a property, was blank");
        }
        return name;
    }

    /**
     * How long {@link #awaitConversation} waits; 10 seconds by default.
     *
     * @param time above zero and at most an hour
     */
    public SmtpFaultsExtension patience(Duration time) {
        TimeLimit.check("patience", time, LONGEST_PATIENCE);
        return new SmtpFaultsExtension(settings.patience(time));
    }

    /** What gets the record of a test that failed; the standard error by default. */
    public SmtpFaultsExtension recordTo(Consumer<String> to) {
        Objects.requireNonNull(to, "recordTo");
        return new SmtpFaultsExtension(settings.record(to));
    }

    /** Changes the proxy before it starts: filters, throttles, timeouts. */
    public SmtpFaultsExtension customize(Consumer<SmtpProxyBuilder> by) {
        Objects.requireNonNull(by, "customize");
        return new SmtpFaultsExtension(settings.customization(by));
    }

    /**
     * The port that the program takes for its server's.
     *
     * @throws IllegalStateException before and after it serves
     */
    public int port() {
        return serving.address().getPort();
    }

    /**
     * The host to that port.
     *
     * @throws IllegalStateException before and after it serves
     */
    public String host() {
        return serving.host();
    }

    /**
     * Its own server.
     *
     * @throws IllegalStateException if it stands before another
     */
    public ScriptedServer server() {
        return serving.own();
    }

    /** All faults that can be made. */
    public Inject faults() {
        return inject;
    }

    /** See {@link Inject#onConnect}. */
    public OnCommand onConnect() {
        return inject.onConnect();
    }

    /** See {@link Inject#onEhlo}. */
    public OnEhlo onEhlo() {
        return inject.onEhlo();
    }

    /** See {@link Inject#onAuth}. */
    public OnCommand onAuth() {
        return inject.onAuth();
    }

    /** See {@link Inject#onMail()}. */
    public OnCommand onMail() {
        return inject.onMail();
    }

    /** See {@link Inject#onMail(String)}. */
    public OnCommand onMail(String sender) {
        return inject.onMail(sender);
    }

    /** See {@link Inject#onRcpt()}. */
    public OnCommand onRcpt() {
        return inject.onRcpt();
    }

    /** See {@link Inject#onRcpt(String)}. */
    public OnCommand onRcpt(String recipient) {
        return inject.onRcpt(recipient);
    }

    /** See {@link Inject#onData}. */
    public OnCommand onData() {
        return inject.onData();
    }

    /** See {@link Inject#onMessage}. */
    public OnMessage onMessage() {
        return inject.onMessage();
    }

    /** See {@link OnEhlo#hide}. */
    public Injected hide(String keyword) {
        return inject.onEhlo().hide(keyword);
    }

    /** See {@link OnMessage#bandwidth}. */
    public Injected bandwidth(long octetsPerSecond) {
        return inject.onMessage().bandwidth(octetsPerSecond);
    }

    /**
     * The next conversation of this test that has ended and that was not given before. Waits for it, {@link #patience} at
     * most.
     *
     * @throws AssertionError if there is none in time, with both lanes of what was sent
     */
    public Conversation awaitConversation() {
        try {
            return serving.recording()
                    .take(settings.patience())
                    .orElseThrow(() -> new AssertionError(
                            "No conversation ended within " + settings.patience() + ". What was sent:\n" + record()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a conversation", e);
        }
    }

    /** Both lanes of what was sent in this test so far, and the faults, without messages and without secrets. */
    public String record() {
        return serving.recording().text();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        use(context);
    }

    @Override
    public void preConstructTestInstance(TestInstanceFactoryContext factory, ExtensionContext context) {
        use(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        use(context);
        if (!test.compareAndSet(Optional.empty(), Optional.of(context.getUniqueId()))) {
            throw new IllegalStateException("tests that run at the same time must not share an SmtpFaultsExtension:"
                    + " register it in an instance field, or run the tests with @Execution(SAME_THREAD)");
        }
        forget();
        Annotated.add(inject, context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (test.get().filter(context.getUniqueId()::equals).isEmpty()) {
            return;
        }
        try {
            context.getExecutionException()
                    .filter(e -> !(e instanceof TestAbortedException))
                    .ifPresent(e -> settings.record().accept(printed(context)));
        } finally {
            forget();
            test.set(Optional.empty());
        }
    }

    private String printed(ExtensionContext context) {
        String record = record();
        return "What clients and server sent in " + context.getDisplayName() + ":\n"
                + (record.isEmpty() ? "(nothing)\n" : record);
    }

    private void forget() {
        inject.forget();
        serving.clear();
    }

    /** It serves until the outermost class or test that uses it has ended, whatever fails in between. */
    private void use(ExtensionContext context) {
        Store store = context.getStore(NAMESPACE);
        if (store.get(this) == null) {
            serving.use();
            AutoCloseable end = serving::release;
            store.put(this, end);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == SmtpFaultsExtension.class || type == int.class && parameter.isAnnotated(SmtpPort.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.isAnnotated(SmtpPort.class) ? (Object) port() : this;
    }
}
