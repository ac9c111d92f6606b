package io.github.smtpproxy.junit;

import static io.github.smtpproxy.junit.ConversationAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.github.smtpproxy.junit.SmtpFault.On;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** When the extension serves and what it forgets: classes of tests are run as JUnit runs them. */
class SmtpFaultsLifecycleTest {

    private static final Set<Integer> PORTS = ConcurrentHashMap.newKeySet();
    private static final List<String> PRINTED = new CopyOnWriteArrayList<>();

    @BeforeEach
    void nothing_was_before() {
        PORTS.clear();
        PRINTED.clear();
    }

    /** A port that is served can not be had, and each thread of a server of its own is a thread too many. */
    @AfterEach
    void ports_and_threads_are_gone() {
        assertThat(PORTS).allMatch(SmtpFaultsLifecycleTest::isFree);
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals("smtpproxy-scripted-server")));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    /** The message of each test's failure, empty if it has passed. */
    private static Map<String, String> run(Class<?> type, boolean parallel) {
        Map<String, String> results = new ConcurrentHashMap<>();
        TestExecutionListener listener = new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest() || result.getThrowable().isPresent()) {
                    results.put(
                            test.getDisplayName(),
                            result.getThrowable().map(Throwable::toString).orElse(""));
                }
            }
        };
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(type))
                                .configurationParameter(
                                        "junit.jupiter.execution.parallel.enabled", Boolean.toString(parallel))
                                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                                .configurationParameter(
                                        "junit.jupiter.execution.parallel.config.fixed.parallelism", "2")
                                .build(),
                        listener);
        return new TreeMap<>(results);
    }

    private static void passes(Class<?> type, boolean parallel, int tests) {
        Map<String, String> results = run(type, parallel);
        assertThat(results.values()).hasSize(tests).allMatch(String::isEmpty);
    }

    /** What the client hears of RCPT. */
    private static String rcpt(SmtpFaultsExtension smtp) {
        PORTS.add(smtp.port());
        try (Dialogue client =
                Dialogue.with(new InetSocketAddress(smtp.host(), smtp.port())).greets()) {
            client.says("MAIL FROM:<a@client.test>").hears("250").says("RCPT TO:<b@dest.test>");
            String code = client.reply().get(0).substring(0, 3);
            client.says("QUIT").hears("221");
            return code;
        }
    }

    static class Static {
        @RegisterExtension
        static final SmtpFaultsExtension smtp = SmtpFaultsExtension.ownServer()
                .portProperty("smtpproxy.test.port")
                .hostProperty("smtpproxy.test.host");

        @BeforeAll
        static void serves_before_all() {
            assertThat(rcpt(smtp)).isEqualTo("250");
        }

        private static void forgotten() {
            assertThat(PORTS).containsExactly(smtp.port());
            assertThat(rcpt(smtp)).isEqualTo("250");
            smtp.onRcpt().reply(450, "4.2.1", "busy");
            smtp.server().reply("MAIL", "250 2.1.0 Told").offers("XTEST");
            assertThat(rcpt(smtp)).isEqualTo("450");
            assertThat(smtp.awaitConversation()).notRefused();
            assertThat(System.getProperty("smtpproxy.test.port")).isEqualTo("" + smtp.port());
            assertThat(System.getProperty("smtpproxy.test.host")).isEqualTo("127.0.0.1");
        }

        @Test
        void first() {
            forgotten();
        }

        @Test
        void second() {
            forgotten();
        }

        @Nested
        @SmtpFault(on = On.MAIL, address = "<>", reply = "550 5.7.1 No bounces")
        class Inner {
            @Test
            void third() {
                forgotten();
            }

            @Nested
            class Innermost {
                @Test
                @SmtpFault(on = On.RCPT, times = 1, reply = "452 4.5.3 Too many")
                void fourth() {
                    assertThat(rcpt(smtp)).isEqualTo("452");
                    assertThat(smtp.awaitConversation()).refused(452);
                    forgotten();
                }
            }
        }
    }

    @Test
    void a_static_one_serves_at_one_port_for_a_class_and_what_is_nested_in_it_and_forgets_after_each_test() {
        System.setProperty("smtpproxy.test.host", "before");
        passes(Static.class, false, 4);
        assertThat(PORTS).hasSize(1);
        assertThat(System.getProperty("smtpproxy.test.port")).isNull();
        assertThat(System.clearProperty("smtpproxy.test.host")).isEqualTo("before");
    }

    static class EachItsOwn {
        private static final CyclicBarrier BOTH = new CyclicBarrier(2);

        @RegisterExtension
        final SmtpFaultsExtension smtp = SmtpFaultsExtension.ownServer();

        private void at_the_same_time(String expected) throws Exception {
            BOTH.await(1, TimeUnit.MINUTES);
            assertThat(rcpt(smtp)).isEqualTo(expected);
            BOTH.await(1, TimeUnit.MINUTES);
            assertThat(smtp.awaitConversation().refusals()).hasSize(expected.equals("250") ? 0 : 1);
        }

        @Test
        @SmtpFault(on = On.RCPT, reply = "450 4.2.1 busy")
        void faulty() throws Exception {
            at_the_same_time("450");
        }

        @Test
        void faultless() throws Exception {
            at_the_same_time("250");
        }
    }

    @Test
    void tests_with_one_each_run_at_the_same_time() {
        passes(EachItsOwn.class, true, 2);
        assertThat(PORTS).hasSize(2);
    }

    static class Shared {
        private static final CyclicBarrier BOTH = new CyclicBarrier(2);

        @RegisterExtension
        static final SmtpFaultsExtension smtp = SmtpFaultsExtension.ownServer();

        @BeforeEach
        void both() throws Exception {
            PORTS.add(smtp.port());
        }

        @RegisterExtension
        final org.junit.jupiter.api.extension.AfterEachCallback last = context -> BOTH.await(1, TimeUnit.MINUTES);

        @Test
        void first() {}

        @Test
        void second() {}
    }

    @Test
    void tests_that_share_one_at_the_same_time_are_told_so() {
        assertThat(run(Shared.class, true).values())
                .hasSize(2)
                .containsOnlyOnce("")
                .anyMatch(failure -> failure.contains("must not share an SmtpFaultsExtension"));
    }

    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class Impatient {
        private static final ScriptedDestination server = ScriptedDestination.start();

        @RegisterExtension
        static final SmtpFaultsExtension smtp = SmtpFaultsExtension.before(server.destination());

        private static final List<Dialogue> LEFT = new CopyOnWriteArrayList<>();

        private void begin(String body) {
            LEFT.add(Dialogue.with(new InetSocketAddress(smtp.host(), smtp.port()))
                    .hears("220")
                    .says("EHLO client.test")
                    .hears("250")
                    .says("MAIL FROM:<a@client.test>")
                    .hears("250")
                    .says("RCPT TO:<b@dest.test>")
                    .hears("250")
                    .says("DATA")
                    .hears("354")
                    .says(body)
                    .says("."));
        }

        @Test
        void a_message_waits_when_its_test_ends() {
            smtp.onMessage().delay(Duration.ofMinutes(1));
            begin("delayed");
            await().until(() -> smtp.record().contains("!! Delay"));
        }

        @Test
        void b_slow_message_is_under_way_when_its_test_ends() {
            LEFT.remove(0).hearsTheEnd().close();
            smtp.bandwidth(1);
            begin("slow");
            await().until(() -> smtp.record().contains("!! Bandwidth"));
        }

        @Test
        void c_neither_is_delivered() {
            LEFT.remove(0).hearsTheEnd().close();
            assertThat(server.messages()).isEmpty();
            server.close();
        }
    }

    @Test
    void a_message_that_a_fault_holds_when_its_test_ends_is_never_delivered() {
        passes(Impatient.class, false, 3);
    }

    @ExtendWith(SmtpFaultsExtension.class)
    static class ByParameter {
        private final int port;

        ByParameter(@SmtpPort int port) {
            this.port = port;
        }

        @Test
        void both(SmtpFaultsExtension smtp, @SmtpPort int again) {
            assertThat(smtp.port()).isEqualTo(port).isEqualTo(again);
            assertThat(rcpt(smtp)).isEqualTo("250");
        }
    }

    @Test
    void it_and_its_port_are_parameters() {
        passes(ByParameter.class, false, 1);
    }

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    @Execution(ExecutionMode.SAME_THREAD)
    static class OneInstance {
        @RegisterExtension
        static final SmtpFaultsExtension smtp = SmtpFaultsExtension.ownServer();

        private final int port = smtp.port();

        @Test
        void one() {
            assertThat(rcpt(smtp)).isEqualTo("250");
            assertThat(smtp.port()).isEqualTo(port);
        }
    }

    @Test
    void it_serves_before_the_instance_of_a_class_is_made() {
        passes(OneInstance.class, false, 1);
    }

    static class Failing {
        @RegisterExtension
        final SmtpFaultsExtension smtp =
                SmtpFaultsExtension.ownServer().patience(Duration.ofMillis(1)).recordTo(PRINTED::add);

        @Test
        void fails() {
            smtp.onRcpt().times(1).reply(450, "4.2.1", "busy");
            rcpt(smtp);
            fail("as expected");
        }

        @Test
        void is_aborted() {
            rcpt(smtp);
            abort("as expected");
        }

        @Test
        void passes() {
            assertThat(rcpt(smtp)).isEqualTo("250");
        }

        @Test
        void waits() {
            PORTS.add(smtp.port());
            smtp.awaitConversation();
        }

        @Test
        @SmtpFault(on = On.DATA, reply = "250 2.0.0 Ok")
        void accepts() {}

        @Test
        @SmtpFault(on = On.MAIL, hide = "SIZE")
        void hides() {}

        @Test
        @SmtpFault(on = On.MESSAGE, hangUp = true, loseReply = true)
        void does_two_things() {}

        @Test
        @SmtpFault(on = On.DATA, afterOctets = 3, hangUp = true)
        void cuts_a_command() {}

        @Test
        @SmtpFault(on = On.DATA, address = "b@dest.test", hangUp = true)
        void addresses_data() {}
    }

    @Test
    void both_lanes_are_printed_when_a_test_fails_and_faults_that_make_no_sense_fail_it() {
        Map<String, String> results = run(Failing.class, false);
        assertThat(results.get("passes()")).isEmpty();
        assertThat(results.get("waits()")).contains("No conversation ended within PT0.001S");
        assertThat(results.get("accepts()")).contains("@SmtpFault of accepts()", "reply must be", "250 2.0.0 Ok");
        assertThat(results.get("hides()")).contains("hide must be on EHLO, was on MAIL");
        assertThat(results.get("does_two_things()")).contains("exactly one thing must go wrong, were 2");
        assertThat(results.get("cuts_a_command()")).contains("must be on MESSAGE, were on DATA");
        assertThat(results.get("addresses_data()")).contains("address must be on MAIL, RCPT or MESSAGE");
        Optional<String> printed =
                PRINTED.stream().filter(text -> text.contains(" in fails()")).findFirst();
        assertThat(printed).isPresent();
        assertThat(printed.get()).contains("  -> RCPT TO:<b@dest.test>\n", "  <- 450 4.2.1 busy\n", "  !! Refuse");
        assertThat(printed.get()).containsPattern(" {48}-> MAIL FROM:<a@client.test>\\n");
        assertThat(PRINTED).noneMatch(text -> text.contains("passes()") || text.contains("is_aborted()"));
    }
}
