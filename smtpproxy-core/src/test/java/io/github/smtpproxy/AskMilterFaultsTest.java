package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ScriptedMilter.frame;
import static io.github.smtpproxy.testing.ScriptedMilter.number;
import static io.github.smtpproxy.testing.ScriptedMilter.octets;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.WhenTooLarge;
import io.github.smtpproxy.filters.milter.AskMilter;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedMilter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A milter that fails, in whatever way and at whatever stage, ends no session, and mail meets the fate that was chosen. */
@Timeout(180)
class AskMilterFaultsTest extends MilterTest {

    private static final int NO_REPLY_TO_MAIL = 0x4000;
    private static final int NO_REPLY_TO_RCPT = 0x8000;

    private static final String STAGES = "CHMRTLNBE";

    /** The ways of failing. */
    enum Fault {
        DIES {
            @Override
            void at(String stage, ScriptedMilter milter) {
                milter.closesOn(stage);
            }
        },
        SILENT {
            @Override
            void at(String stage, ScriptedMilter milter) {
                milter.silentOn(stage);
            }
        },
        GARBAGE {
            @Override
            void at(String stage, ScriptedMilter milter) {
                byte[] garbage = new byte[10_000];
                new Random(stage.charAt(0)).nextBytes(garbage);
                milter.on(stage, garbage);
            }
        },
        CUT {
            @Override
            void at(String stage, ScriptedMilter milter) {
                milter.acts(stage, out -> {
                    out.write(octets("\0\0\0\5c"));
                    return false;
                });
            }
        },
        EMPTY_FRAME {
            @Override
            void at(String stage, ScriptedMilter milter) {
                milter.on(stage, number(0));
            }
        },
        ENDLESS_FRAME {
            @Override
            void at(String stage, ScriptedMilter milter) {
                milter.on(stage, number(-1), octets("c"));
            }
        },
        CHANGE_TOO_EARLY {
            @Override
            void at(String stage, ScriptedMilter milter) {
                milter.on(stage, stage.equals("E") ? frame("O") : frame("h", octets("X-A\0b\0")));
            }
        };

        abstract void at(String stage, ScriptedMilter milter);
    }

    static Stream<Arguments> table() {
        List<Arguments> rows = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            for (char stage : STAGES.toCharArray()) {
                // who waits at each stage would make the table take minutes
                if (fault != Fault.SILENT || "CRE".indexOf(stage) >= 0) {
                    boolean chunks = rows.size() % 2 == 0;
                    rows.add(Arguments.of(fault, String.valueOf(stage), chunks));
                }
            }
        }
        return rows.stream();
    }

    private AskMilter hasty() {
        return asking().commandWithin(Duration.ofSeconds(1)).contentWithin(Duration.ofSeconds(1));
    }

    /** The reply at which the failure is heard: to MAIL, to RCPT, or to the message. */
    private static Dialogue talk(Dialogue client, boolean chunks, String reply) {
        client.says("MAIL FROM:<a@client.test>");
        List<String> heard = client.reply();
        if (heard.get(0).startsWith("250")) {
            heard = client.says("RCPT TO:<b@dest.test>").reply();
        }
        if (heard.get(0).startsWith("250")) {
            heard = send(client, chunks, MESSAGE).reply();
        }
        assertThat(heard).singleElement().asString().startsWith(reply);
        return client;
    }

    @ParameterizedTest
    @MethodSource("table")
    void mail_is_deferred_and_the_session_goes_on(Fault fault, String stage, boolean chunks) {
        fault.at(stage, milter);
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            Dialogue client = client(hasty()).greets();
            talk(client, chunks, "451 4.7.1 Service unavailable - try again later");
            client.says("RSET").hears("250");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("cannot be asked: ")
                    .doesNotContain("\n");
            milter.on(stage, frame("c"));
            talk(client, chunks, "250");
        }
        assertThat(destination.messages()).containsExactly(MESSAGE);
        assertThat(verdicts).extracting(Verdict::decision).contains(Verdict.Decision.DEFER);
    }

    @ParameterizedTest
    @MethodSource("table")
    void mail_passes_if_told_so(Fault fault, String stage, boolean chunks) {
        fault.at(stage, milter);
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            Dialogue client = client(hasty().whenDown(WhenDown.PASS)).greets();
            talk(client, chunks, "250").says("QUIT").hears("221");
            assertThat(log.lines()).hasSize(1);
        }
        assertThat(destination.messages()).containsExactly(MESSAGE);
        assertThat(verdicts).extracting(Verdict::decision).doesNotContain(Verdict.Decision.DEFER);
    }

    @ParameterizedTest
    @CsvSource({"DEFER, 451 4.7.1 Service unavailable - try again later", "PASS, 250"})
    void a_milter_that_is_down(WhenDown then, String reply) {
        milter.close();
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            talk(client(asking().whenDown(then)).greets(), true, reply);
            assertThat(log.lines()).hasSize(1);
        }
    }

    static Stream<byte[]> illegal() {
        return Stream.of(
                frame("O", number(7), number(0), number(0)),
                frame("O", number(1), number(0), number(0)),
                frame("O", number(6), number(0x200), number(0)),
                frame("O", number(6), number(0x1FF), number(0x200000)),
                frame("O", number(6), number(-1), number(-1)));
    }

    @ParameterizedTest
    @MethodSource("illegal")
    void a_milter_that_wants_what_it_was_not_offered_is_configured_wrongly(byte[] answer) {
        milter.on("O", answer);
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            talk(client(asking()).greets(), false, "451 4.3.5 Server configuration problem - try again later");
            assertThat(log.lines()).isNotEmpty().allMatch(l -> l.contains("it wants "));
            talk(client(asking().whenDown(WhenDown.PASS)).greets(), true, "250");
        }
        assertThat(milter.events()).isEmpty();
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"c", "O", "O\0\0\0\6", "O\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\0unended"})
    void a_milter_that_does_not_negotiate_is_down(String answer) {
        milter.on("O", frame(answer));
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            talk(client(asking()).greets(), false, "451 4.7.1");
            assertThat(log.lines()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "H"})
    void a_client_cannot_be_discarded(String stage) {
        milter.on(stage, frame("d"));
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            talk(client(asking()).greets(), false, "451 4.7.1");
            assertThat(log.lines()).isNotEmpty().allMatch(l -> l.contains("it answers discard to "));
        }
    }

    @Test
    void an_answer_to_what_was_not_asked_is_not_believed() {
        milter.on("M", frame("c"), frame("a"));
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            Dialogue client =
                    client(asking()).greets().says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<b@dest.test>").hears("451 4.7.1");
            assertThat(log.lines()).singleElement().asString().contains("more than it was asked");
        }
    }

    /** It agreed not to answer RCPT, and answers all the same: what comes later is not what it says. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nor_one_that_comes_while_nothing_is_asked(boolean chunks) {
        milter.steps(NO_REPLY_TO_RCPT).on("E", frame("r"));
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            Dialogue client = client(asking()).greets().envelope();
            await().until(() -> !milter.events("R").isEmpty());
            send(client, chunks, MESSAGE).hears("451 4.7.1");
            assertThat(log.lines()).singleElement().asString().contains("more than it was asked");
        }
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_milter_that_does_not_answer_mail_and_was_restarted_is_told_all_again() {
        milter.steps(NO_REPLY_TO_MAIL).unanswered("M");
        Dialogue client = client(asking()).greets();
        send(client.envelope(), false, MESSAGE).hears("250");
        milter.hangsUp();
        send(client.envelope(), true, MESSAGE).hears("250");
        assertThat(milter.connections()).isEqualTo(2);
    }

    @Test
    void so_is_one_where_the_client_begins_anew() {
        Dialogue client = client(asking()).greets();
        milter.hangsUp();
        client.says("EHLO client.test").hears("250");
        send(client.envelope(), false, MESSAGE).hears("250");
        assertThat(milter.connections()).isEqualTo(2);
    }

    @Test
    void a_milter_that_was_restarted_meanwhile_is_told_all_again() {
        Dialogue client = client(asking()).greets();
        milter.hangsUp();
        send(client.envelope(), false, MESSAGE).hears("250");
        assertThat(milter.connections()).isEqualTo(2);
        assertThat(milter.events("CHM")).extracting(e -> e.substring(0, 1)).containsExactly("C", "H", "C", "H", "M");
    }

    @Test
    void the_next_address_is_taken_where_one_cannot_be_reached() {
        ScriptedMilter down = anotherMilter();
        down.close();
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client =
                    client(AskMilter.at(down.address(), milter.address())).greets();
            talk(client, false, "250");
            assertThat(log.lines())
                    .filteredOn(l -> l.contains("the next one is"))
                    .hasSize(1);
        }
        assertThat(milter.events("E")).hasSize(1);
    }

    @Test
    void progress_starts_the_wait_anew() {
        CountDownLatch never = new CountDownLatch(1);
        milter.acts("E", out -> {
            for (int i = 0; i < 8; i++) {
                out.write(frame("p"));
                assertThat(never.await(500, TimeUnit.MILLISECONDS)).isFalse();
            }
            out.write(frame("r"));
            return true;
        });
        Dialogue client = client(asking().contentWithin(Duration.ofSeconds(3))).greets();
        talk(client, false, "550 5.7.1 Command rejected");
    }

    @Test
    void a_client_that_leaves_in_its_message_is_no_fault_of_the_milter() {
        try (CapturedLog log = new CapturedLog(AskMilter.class)) {
            Dialogue client = client(asking()).greets().envelope();
            client.says("DATA").hears("354").sends("Subject: a\r\n\r\nhel").closes();
            org.awaitility.Awaitility.await().until(() -> milter.events("Q").size() == 1);
            assertThat(log.lines()).isEmpty();
        }
        assertThat(milter.events("AE")).containsExactly("A");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void settings_are_checked() {
        AskMilter filter = asking();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> filter.connectWithin(Duration.ZERO))
                .withMessageContaining("connectWithin");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> filter.contentWithin(Duration.ofDays(1)))
                .withMessageContaining("contentWithin");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> filter.hostname("a b"))
                .withMessageContaining("hostname");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> filter.largest(0, WhenTooLarge.PASS))
                .withMessageContaining("largest");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AskMilter.at("mail"))
                .withMessageContaining("must be");
    }
}
