package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.github.smtpproxy.authentication.Authenticator;
import io.github.smtpproxy.authentication.Login;
import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.chaos.Injection;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.Faults;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Stress;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.config.Transparent;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.event.FilterCall;
import io.github.smtpproxy.event.Lease;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdicts;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.CopyTo;
import io.github.smtpproxy.filters.Examination;
import io.github.smtpproxy.filters.Finding;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.RedirectAll;
import io.github.smtpproxy.filters.ScanSettings;
import io.github.smtpproxy.filters.ScanWith;
import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.filters.WhenTooLarge;
import io.github.smtpproxy.filters.clamav.ScanWithClamAv;
import io.github.smtpproxy.filters.dkim.DkimKey;
import io.github.smtpproxy.filters.dkim.DkimResult;
import io.github.smtpproxy.filters.dkim.DkimVerifier;
import io.github.smtpproxy.filters.dkim.SignDkim;
import io.github.smtpproxy.filters.dmarc.DmarcResult;
import io.github.smtpproxy.filters.dmarc.DmarcVerifier;
import io.github.smtpproxy.filters.dmarc.Identifier;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.filters.hook.AskHook;
import io.github.smtpproxy.filters.hook.HookStage;
import io.github.smtpproxy.filters.milter.AskMilter;
import io.github.smtpproxy.filters.policy.AskPolicy;
import io.github.smtpproxy.filters.reputation.Deeds;
import io.github.smtpproxy.filters.reputation.RefuseDisreputable;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.filters.sender.VerifiedSender;
import io.github.smtpproxy.filters.sender.VerifySender;
import io.github.smtpproxy.filters.spamassassin.ScanWithSpamAssassin;
import io.github.smtpproxy.filters.spf.SpfResult;
import io.github.smtpproxy.filters.spf.SpfVerifier;
import io.github.smtpproxy.inspect.Inspect;
import io.github.smtpproxy.jfr.SmtpProxyJfr;
import io.github.smtpproxy.json.JsonText;
import io.github.smtpproxy.junit.ConversationAssert;
import io.github.smtpproxy.junit.SampleConversation;
import io.github.smtpproxy.junit.SmtpFaultsExtension;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.metrics.SmtpProxyMetrics;
import io.github.smtpproxy.oauth2.OAuth2Tokens;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.DestinationStatus;
import io.github.smtpproxy.route.DomainRouter;
import io.github.smtpproxy.route.HelloName;
import io.github.smtpproxy.route.PoolStatus;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.route.TokenException;
import io.github.smtpproxy.route.TokenSource;
import io.github.smtpproxy.routing.AuthHttp;
import io.github.smtpproxy.routing.MxRouter;
import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.HttpExchange;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.service.ServiceConnection;
import io.github.smtpproxy.session.Attributes;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Session.HangUp;
import io.github.smtpproxy.spring.SmtpProxyLifecycle;
import io.github.smtpproxy.state.Limits;
import io.github.smtpproxy.state.MemoryLimits;
import io.github.smtpproxy.state.MemoryStore;
import io.github.smtpproxy.state.SharedState;
import io.github.smtpproxy.state.Store;
import io.github.smtpproxy.state.redis.RedisState;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.ForeignSigner;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.ProtocolViolation;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Answer;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.DelayGreeting;
import io.github.smtpproxy.throttling.LimitBandwidth;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.LimitRate;
import io.github.smtpproxy.throttling.LimitSessions;
import io.github.smtpproxy.throttling.LimitTransactions;
import io.github.smtpproxy.throttling.RefuseViolations;
import io.github.smtpproxy.throttling.SlowByAnswers;
import io.github.smtpproxy.throttling.Tarpit;
import io.github.smtpproxy.throttling.WatchSender;
import io.github.smtpproxy.tls.CertificateAuthority;
import io.github.smtpproxy.tls.HeldCertificate;
import io.github.smtpproxy.tls.PemCertificate;
import io.github.smtpproxy.tracing.SmtpProxyTracing;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no value of a setting is refused where it is said, and the setting is named. */
class NonsenseTest extends ProxyTest {

    private static final PrivateKey RSA = ForeignSigner.rsa(2048).getPrivate();
    private static final SpfResult SPF = SpfResult.of(SpfResult.Code.NONE, SpfResult.Identity.HELO, "");
    private static final DmarcResult DMARC = DmarcResult.of(DmarcResult.Code.NONE, "", "");
    private static final Map<Class<?>, Object> SAMPLES = samples();

    private static Map<Class<?>, Object> samples() {
        Map<Class<?>, Object> samples = new HashMap<>();
        Stream.of(
                        "x",
                        Duration.ofSeconds(1),
                        Optional.empty(),
                        Headers.parse(new byte[0]),
                        Message.of(Headers.parse(new byte[0]), Content.of(new byte[0])),
                        Extensions.none(),
                        new Hello(true, "x"),
                        MailFrom.nullPath(),
                        Mailbox.of("a@b.test"),
                        RcptTo.of(Mailbox.of("a@b.test")),
                        Parameters.none(),
                        Reply.of(550),
                        Destination.at("x", 25),
                        DestinationGroup.of(Destination.at("x", 25)),
                        DestinationStatus.of(Destination.at("x", 25), 0, true),
                        PoolStatus.of("x:25", 1),
                        FilterCall.of("x", "MAIL"),
                        Lease.of(Destination.at("x", 25), Lease.Result.FAILED, Duration.ZERO),
                        Router.byRecipientDomain(),
                        HelloName.own(),
                        Key.of("x", String.class),
                        Pace.go(),
                        Rate.of(1, Duration.ofSeconds(1)),
                        ENDPOINT,
                        Timeouts.defaults(),
                        Outcome.of(Outcome.Result.ABORTED, Duration.ZERO),
                        Refusal.of(Refusal.By.PROXY, "", "MAIL", Reply.of(550)),
                        AddressRange.parse("127.0.0.1"),
                        SmtpProxy.builder())
                .forEach(sample -> samples.put(sample.getClass(), sample));
        samples.put(Credentials.class, Credentials.password("u", "p"));
        samples.put(Router.class, Router.byRecipientDomain());
        samples.put(Reply.class, Reply.of(550));
        samples.put(URI.class, URI.create("http://127.0.0.1:1/"));
        samples.put(InputStream.class, InputStream.nullInputStream());
        samples.put(TokenSource.class, (TokenSource) () -> "x");
        samples.put(Target.class, Destination.at("x", 25));
        samples.put(DomainRouter.class, Router.byRecipientDomain());
        samples.put(Filter.class, new Filter() {});
        samples.put(ProxyListener.class, new ProxyListener() {});
        samples.put(Throttle.class, (Throttle) step -> Pace.go());
        samples.put(Limits.class, MemoryLimits.ofAtMost(1));
        samples.put(Store.class, MemoryStore.ofAtMost(1));
        samples.put(SharedState.class, SharedState.of(MemoryStore.ofAtMost(1), MemoryLimits.ofAtMost(1)));
        samples.put(Function.class, (Function<Object, Object>) any -> Optional.empty());
        samples.put(Step.class, new Step.Connect(session()));
        samples.put(Faults.class, (Faults) point -> List.of());
        samples.put(Injection.class, Inject.faults().onConnect());
        samples.put(Fault.class, new Fault.HangUp(HangUp.CLOSE));
        samples.put(Transcript.class, (Transcript) (session, lane, fromProxy, line) -> {});
        samples.put(Authenticator.class, (Authenticator) (user, password) -> false);
        samples.put(Content.class, Content.of(new byte[0]));
        samples.put(Supplier.class, (Supplier<Object>) () -> "x");
        samples.put(BiFunction.class, (BiFunction<Object, Object, Object>) (one, other) -> List.of());
        samples.put(PrivateKey.class, RSA);
        samples.put(UnaryOperator.class, UnaryOperator.identity());
        samples.put(ToDoubleFunction.class, (ToDoubleFunction<Object>) any -> 0);
        samples.put(Predicate.class, (Predicate<Object>) any -> true);
        samples.put(Collection.class, List.of());
        samples.put(List.class, List.of());
        samples.put(Path.class, Path.of("x"));
        samples.put(Class.class, String.class);
        samples.put(InetAddress.class, InetAddress.getLoopbackAddress());
        samples.put(Clock.class, Clock.systemUTC());
        samples.put(Object.class, "x");
        samples.put(OpenTelemetry.class, OpenTelemetry.noop());
        samples.put(SmtpProxyTracing.class, new SmtpProxyTracing(OpenTelemetry.noop()));
        samples.put(SmtpProxyJfr.class, new SmtpProxyJfr());
        samples.put(MeterRegistry.class, new SimpleMeterRegistry());
        samples.put(SmtpProxyMetrics.class, new SmtpProxyMetrics(new SimpleMeterRegistry()));
        samples.put(Unseen.class, Unseen.passStartTls());
        samples.put(
                HeldCertificate.class,
                HeldCertificate.of(PemCertificate.load(Certificate.LOCAL.chain(), Certificate.LOCAL.key())));
        samples.put(
                CertificateAuthority.class,
                CertificateAuthority.load(Certificate.LOCAL.chain(), Certificate.LOCAL.key()));
        samples.put(Failover.class, Failover.of("x"));
        samples.put(ScanWith.class, ScanWithClamAv.at("x:1"));
        shipped().forEach(sample -> samples.put(sample.getClass(), sample));
        try {
            samples.put(SSLContext.class, SSLContext.getDefault());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        return samples;
    }

    /** What the filters that come with the proxy are made of. */
    private static Stream<Object> shipped() {
        ServiceAddress address = ServiceAddress.parse("x:1");
        Verdict verdict = Verdict.of("x", Verdict.Decision.PASS);
        Message message = Message.of(Headers.parse(new byte[0]), Content.of(new byte[0]));
        Reputation reputation = Reputation.inMemory();
        InetSocketAddress socket = new InetSocketAddress(InetAddress.getLoopbackAddress(), 25);
        return Stream.of(
                address,
                new HttpExchange.Request("x", InputStream.nullInputStream()),
                new HttpExchange.Response(200, Map.of(), new byte[0]),
                verdict,
                reputation,
                socket,
                Verdicts.of(new NoAttributes()),
                Finding.pass(verdict),
                Examination.known(Finding.pass(verdict)),
                Deeds.defaults(),
                WhenTooLarge.PASS,
                new Scanned("x", message, socket, socket, Optional.empty(), Optional.empty(), false, Optional.empty()),
                ScanSettings.upTo(1),
                ScanWithClamAv.at(address),
                AskHook.at("http://x"),
                HookStage.DATA,
                new JsonText.Streamed(InputStream::nullInputStream, false),
                ScanWithRspamd.at("http://x"),
                ScanWithSpamAssassin.at(address),
                AskPolicy.at(address),
                AskMilter.at(address),
                Greylist.after(Duration.ofMinutes(1)),
                RefuseDisreputable.below(0, reputation),
                RefuseListed.by("x.test"),
                RefuseListed.by("x.test").build(),
                Pool.max(1),
                SmtpProxyLifecycle.of(SmtpProxy.builder()),
                Inspect.at(0),
                Transparent.tproxy(),
                Stress.defaults(),
                MxRouter.by(Resolver.at("127.0.0.1")),
                AuthHttp.at("http://127.0.0.1:1/"),
                OAuth2Tokens.refreshToken("http://127.0.0.1:1/", "id", "token"),
                new TokenException("x"),
                Login.refused(),
                OnDiscard.refuse(),
                Inject.faults(),
                Inject.faults().onConnect(),
                Inject.faults().onEhlo(),
                Inject.faults().onMessage(),
                Inject.faults().onMessage().afterOctets(1),
                Inject.faults().onConnect().hangUp(),
                MemoryStore.ofAtMost(1),
                RedisState.at("redis://127.0.0.1:1"),
                MemoryLimits.ofAtMost(1),
                Throttled.by("x"),
                LimitKey.client(),
                LimitRate.of(Counted.MESSAGES),
                LimitRate.of(Counted.MESSAGES).to(Rate.of(1, Duration.ofSeconds(1))),
                LimitSessions.by(LimitKey.client()),
                LimitSessions.by(LimitKey.client()).to(1),
                LimitTransactions.by(LimitKey.client()),
                Tarpit.perError(Duration.ofSeconds(1)),
                LimitBandwidth.to(1),
                DelayGreeting.by(Duration.ofSeconds(1)),
                RefuseViolations.all(),
                ProtocolViolation.NOT_SMTP,
                LimitTransactions.by(LimitKey.client()).to(1),
                SmtpFaultsExtension.ownServer(),
                SmtpFaultsExtension.ownServer().server(),
                SampleConversation.empty(),
                ConversationAssert.assertThat(SampleConversation.empty()),
                SlowByAnswers.destination(),
                WatchSender.by(LimitKey.sender()),
                Answer.of(421, ""),
                Resolver.at("127.0.0.1"),
                RedirectAll.to("a@b.test"),
                CopyTo.consumer(m -> {}),
                DkimKey.of("x.test", "x", RSA),
                SignDkim.with(DkimKey.of("x.test", "x", RSA)),
                DkimVerifier.with(Resolver.at("127.0.0.1")),
                DkimResult.Code.PASS,
                SpfVerifier.with(Resolver.at("127.0.0.1")),
                SPF,
                DmarcVerifier.with(Resolver.at("127.0.0.1")),
                DMARC,
                Identifier.spf("x.test"),
                VerifySender.as("x.test"),
                new DkimResult(DkimResult.Code.NONE, "", "", "", "", "", ""),
                new VerifiedSender(SPF, List.of(), DMARC),
                connection());
    }

    private static Session session() {
        return (Session) Proxy.newProxyInstance(
                Session.class.getClassLoader(),
                new Class<?>[] {Session.class},
                (proxy, method, arguments) -> Optional.empty());
    }

    private static final class NoAttributes implements Attributes {
        @Override
        public <T> Optional<T> attribute(Key<T> key) {
            return Optional.empty();
        }

        @Override
        public <T> void attribute(Key<T> key, T value) {
            throw new UnsupportedOperationException();
        }
    }

    private static ServiceConnection connection() {
        try (ServerSocket port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ServiceConnection connection =
                    ServiceConnection.open(ServiceAddress.tcp("127.0.0.1", port.getLocalPort()), Duration.ofMinutes(1));
            connection.close();
            return connection;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One argument of all that is public, which is null. */
    private record Null(Executable call, int index) {

        @Override
        public String toString() {
            return call + ", argument " + (index + 1);
        }

        Throwable thrown() throws ReflectiveOperationException {
            Object[] arguments = IntStream.range(0, call.getParameterCount())
                    .mapToObj(i -> i == index ? null : sample(call.getParameterTypes()[i]))
                    .toArray();
            try {
                if (call instanceof Method method) {
                    method.invoke(
                            Modifier.isStatic(method.getModifiers()) ? null : sample(method.getDeclaringClass()),
                            arguments);
                } else {
                    ((Constructor<?>) call).newInstance(arguments);
                }
                return null;
            } catch (InvocationTargetException e) {
                return e.getCause();
            }
        }

        private static Object sample(Class<?> type) {
            if (SAMPLES.containsKey(type)) {
                return SAMPLES.get(type);
            }
            if (type.isPrimitive()) {
                return Array.get(Array.newInstance(type, 1), 0);
            }
            if (type.isArray()) {
                return Array.newInstance(type.getComponentType(), 0);
            }
            if (type.isEnum()) {
                return type.getEnumConstants()[0];
            }
            assertThat(type).as("a sample of it is to be added here").isInterface();
            return Proxy.newProxyInstance(
                    type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> Optional.empty());
        }
    }

    static Stream<Null> nulls() {
        return new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .withImportOption(
                                location -> !location.contains("core-t") && !location.contains("test-classes"))
                        .importPackages("io.github.smtpproxy")
                        .stream()
                        .filter(c -> !c.getPackageName().contains(".internal") && isPublic(c))
                        .map(JavaClass::reflect)
                        .filter(c -> c != SmtpProxy.class)
                        .flatMap(c -> Stream.concat(
                                Arrays.stream(c.getDeclaredMethods()), Arrays.stream(c.getDeclaredConstructors())))
                        .filter(NonsenseTest::isCalledByHosts)
                        .flatMap(call -> IntStream.range(0, call.getParameterCount())
                                .filter(i -> !call.getParameterTypes()[i].isPrimitive())
                                .mapToObj(i -> new Null(call, i)));
    }

    private static boolean isPublic(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass().map(NonsenseTest::isPublic).orElse(true);
    }

    /** What an interface of ours asks for is called by the proxy, with what it has itself. */
    private static boolean isCalledByHosts(Executable call) {
        Class<?> type = call.getDeclaringClass();
        boolean ours = type.isInterface() && !Modifier.isStatic(call.getModifiers());
        Stream<Class<?>> interfaces = Stream.<Class<?>>iterate(type, t -> t != null, Class::getSuperclass)
                .flatMap(t -> Arrays.stream(t.getInterfaces()));
        boolean implemented = Stream.concat(Stream.of(Object.class), interfaces)
                .flatMap(i -> Arrays.stream(i.getMethods()))
                .anyMatch(m -> call instanceof Method
                        && m.getName().equals(call.getName())
                        && Arrays.equals(m.getParameterTypes(), call.getParameterTypes()));
        return Modifier.isPublic(call.getModifiers())
                && !call.isSynthetic()
                && !ours
                && !implemented
                && !(type.isEnum() && call.getName().equals("valueOf"));
    }

    @ParameterizedTest
    @MethodSource("nulls")
    void null_is_refused_by_name(Null given) throws ReflectiveOperationException {
        Throwable thrown = given.thrown();
        assertThat(thrown).isInstanceOfAny(NullPointerException.class, IllegalArgumentException.class);
        assertThat(thrown.getMessage()).isNotBlank().doesNotContain("Cannot invoke", "because");
    }

    @Test
    void all_that_is_public_is_looked_at() {
        assertThat(nulls()).hasSizeGreaterThan(120);
    }

    @Test
    void null_in_a_list_is_refused() {
        assertThatThrownBy(() -> Extensions.of(Arrays.asList("SIZE", null))).hasMessage("extension");
        assertThatThrownBy(() -> Reply.of(250, "a", null)).hasMessage("text");
        assertThatThrownBy(() -> Reply.parse(Arrays.asList("250-a", null))).hasMessage("line");
        assertThatThrownBy(() -> ENDPOINT.xclientFrom(AddressRange.parse("::1"), null))
                .hasMessage("xclientFrom");
        assertThatThrownBy(() -> ENDPOINT.proxyProtocolFrom((AddressRange) null))
                .hasMessage("proxyProtocolFrom");
    }

    @Test
    void null_attributes_are_refused() {
        Key<String> key = Key.of("key", String.class);
        clientOf(proxy().throttle(step -> {
                    assertThatThrownBy(() -> step.session().attribute(key, null))
                            .hasMessageContaining("value");
                    assertThatThrownBy(() -> step.session().attribute(null)).hasMessageContaining("key");
                    return Pace.refuse(Reply.refusal(421, "4.7.0", "as expected"));
                }))
                .hears("421 4.7.0 as expected")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "smtp://mail",
                "mail:25",
                "mail:",
                ":25",
                "a b",
                "a..b",
                ".a",
                "-a.test",
                "a-.test",
                "a@b",
                "a/b",
                "a\r\nb",
                "a\0",
                "mäil.test",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "127.0.0.1:25",
                "[127.0.0.1]",
                ":::1",
                "1::2::3",
                "g::1",
                "12345",
                "a;b",
                "a,b",
                "*"
            })
    void what_is_no_host_is_refused(String host) {
        assertThatThrownBy(() -> Destination.at(host, 25))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host must be");
        assertThatThrownBy(() -> Endpoint.at(host, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host must be");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mail",
                "mail.internal",
                "mail.internal.",
                "mail_gateway",
                "_smtp.a_b.test",
                "a--b.test",
                "3com.test",
                "127.0.0.1",
                "0.0.0.0",
                "::",
                "::1",
                "fe80::1",
                "2001:db8::1",
                "::ffff:127.0.0.1",
                "xn--mil-ela.test",
                "localhost"
            })
    void what_is_a_host_is_taken(String host) {
        assertThat(Destination.at(host, 25).host()).isEqualTo(host);
        if (!host.equals("::ffff:127.0.0.1")) {
            assertThat(Endpoint.at(host, 0).host()).contains(host);
        }
    }

    @Test
    void names_that_are_too_long_are_refused() {
        String label = "a".repeat(63);
        assertThatCode(() -> Destination.at(label + ".test", 25)).doesNotThrowAnyException();
        assertThatThrownBy(() -> Destination.at(label + "a.test", 25)).hasMessageContaining("host must be");
        assertThatThrownBy(() -> Destination.at((label + ".").repeat(5) + "test", 25))
                .hasMessageContaining("host must be");
    }

    @ParameterizedTest
    @ValueSource(strings = {"proxy.test", "mail_gateway", "[127.0.0.1]", "[IPv6:::1]", "localhost"})
    void what_is_a_hostname_is_taken(String hostname) {
        assertThat(ENDPOINT.hostname(hostname).hostname()).isEqualTo(hostname);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mail:25", "smtp://x", "a b", "[x]", "[", "a\r\nb"})
    void what_is_no_hostname_is_refused(String hostname) {
        assertThatThrownBy(() -> ENDPOINT.hostname(hostname))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hostname");
    }

    @Test
    void times_are_bounded_where_they_are_said() {
        Duration forever = ChronoUnit.FOREVER.getDuration();
        for (Duration bad : List.of(forever, Duration.ofDays(1).plusNanos(1), Duration.ofNanos(-1))) {
            assertThatThrownBy(() -> Pace.after(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("delay");
            assertThatThrownBy(() -> Timeouts.defaults().connect(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("connect");
            assertThatThrownBy(() -> Timeouts.defaults().clientCommand(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("clientCommand");
            assertThatThrownBy(() -> ENDPOINT.failedLoginDelay(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("failedLoginDelay");
        }
        assertThatThrownBy(() -> Rate.of(1, forever)).hasMessageContaining("rate");
        assertThat(Pace.after(Duration.ofDays(1)).delay()).isEqualTo(Duration.ofDays(1));
        assertThat(Pace.after(Duration.ZERO).delay()).isZero();
    }

    @Test
    void the_patience_of_a_drain_is_bounded_and_a_refused_one_leaves_the_proxy_as_it_is() {
        SmtpProxy proxy = started(proxy());
        for (Duration bad : List.of(Duration.ofSeconds(-1), ChronoUnit.FOREVER.getDuration())) {
            assertThatThrownBy(() -> proxy.drain(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("limit must be");
        }
        assertThat(catchThrowable(() -> proxy.drain((Duration) null))).hasMessageContaining("limit");
        clientOf(proxy).greets();
    }

    @Test
    void a_spool_whose_most_is_less_than_its_memory_is_refused() {
        assertThatThrownBy(() -> ENDPOINT.spool(1_000, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("spoolMax");
        assertThat(ENDPOINT.spool(1_000, 1_000).spoolMax()).isEqualTo(1_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a@b.test", "a b"})
    void what_is_no_domain_of_a_route_is_refused(String domain) {
        assertThatThrownBy(() -> Router.byRecipientDomain().route(domain, Destination.at("x", 25)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("domain");
    }

    @Test
    void sessions_of_several_proxies_have_names_of_their_own() {
        List<String> ids = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 3; i++) {
            SmtpProxy proxy = started(proxy().throttle(step -> {
                ids.add(step.session().id());
                return Pace.refuse(Reply.refusal(421, "4.7.0", "No"));
            }));
            clientOf(proxy).hears("421").hearsTheEnd();
            clientOf(proxy).hears("421").hearsTheEnd();
        }
        assertThat(ids.stream().distinct()).hasSize(6);
    }
}
