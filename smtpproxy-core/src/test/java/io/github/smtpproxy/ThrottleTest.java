package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoggedTraces;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Going on, going on later, and not going on. */
class ThrottleTest extends ProxyTest {

    private static final Reply LATER = Reply.defer("4.7.1", "Slow down");
    private static final Reply ENOUGH = Reply.refusal(421, "4.7.1", "Enough");

    private static Throttle at(Class<? extends Step> kind, Pace pace) {
        return step -> kind.isInstance(step) ? pace : Pace.go();
    }

    /** Notes what went on and what ended. */
    private static final class Counting implements Throttle {
        private final List<Step> asked = new CopyOnWriteArrayList<>();
        private final List<Step> ended = new CopyOnWriteArrayList<>();

        @Override
        public Pace before(Step step) {
            asked.add(step);
            return Pace.go();
        }

        @Override
        public void ended(Step step) {
            ended.add(step);
        }

        private static long count(List<Step> steps, Class<? extends Step> kind) {
            return steps.stream().filter(kind::isInstance).count();
        }
    }

    private Dialogue message(Dialogue client) {
        return client.envelope().says("DATA").hears("354").says("hello").says(".");
    }

    @Test
    void a_delay_holds_the_answer_back() {
        Dialogue client = clientOf(proxy().throttle(at(Step.Mail.class, Pace.after(Duration.ofMillis(300)))))
                .greets();
        long start = System.nanoTime();
        client.says("MAIL FROM:<a@client.test>").hears("250");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(290));
    }

    @Test
    void the_delays_of_all_throttles_add_up() {
        Throttle slow = at(Step.Mail.class, Pace.after(Duration.ofMillis(150)));
        Dialogue client =
                clientOf(proxy().throttle(slow).throttle(slow).throttle(slow)).greets();
        long start = System.nanoTime();
        client.says("MAIL FROM:<a@client.test>").hears("250");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(440));
    }

    @Test
    void a_refused_connection_hears_the_refusal_and_no_destination_is_bothered() {
        clientOf(proxy().throttle(at(Step.Connect.class, Pace.refuse(ENOUGH))))
                .hearsLine("421 4.7.1 Enough")
                .hearsTheEnd();
        assertThat(destination.connections()).isZero();
    }

    @Test
    void a_connection_refused_for_good_is_closed_at_quit() {
        clientOf(proxy().throttle(at(Step.Connect.class, Pace.refuse(Reply.refusal(554, "5.7.1", "Never")))))
                .hearsLine("554 5.7.1 Never")
                .says("QUIT")
                .hears("221")
                .hearsTheEnd();
    }

    @Test
    void a_refused_command_stays_with_the_proxy() {
        Throttle noVrfy =
                step -> step instanceof Step.Command c && c.verb().equals("VRFY") ? Pace.refuse(LATER) : Pace.go();
        clientOf(proxy().throttle(noVrfy))
                .greets()
                .says("vrfy someone")
                .hearsLine("451 4.7.1 Slow down")
                .says("NOOP")
                .hears("250");
        assertThat(destination.heard("VRFY")).isEmpty();
    }

    @Test
    void a_refused_mail_begins_no_transaction() {
        clientOf(proxy().throttle(at(Step.Mail.class, Pace.refuse(LATER))))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hearsLine("451 4.7.1 Slow down")
                .says("RCPT TO:<b@dest.test>")
                .reply();
        assertThat(destination.heard("MAIL")).isEmpty();
    }

    @Test
    void a_refused_recipient_leaves_the_others() {
        Throttle one = step ->
                step instanceof Step.Rcpt r && r.rcpt().recipient().local().equals("c")
                        ? Pace.refuse(LATER)
                        : Pace.go();
        Dialogue client = clientOf(proxy().throttle(one))
                .greets()
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hearsLine("451 4.7.1 Slow down")
                .says("RCPT TO:<d@dest.test>")
                .hears("250");
        client.says("DATA").hears("354").says(".").hears("250");
        assertThat(destination.heard("RCPT")).hasSize(2);
    }

    @Test
    void a_message_refused_on_its_way_is_swallowed_and_not_delivered() {
        Dialogue client = clientOf(proxy().throttle(at(Step.Data.class, Pace.refuse(LATER))))
                .greets();
        message(client).hearsLine("451 4.7.1 Slow down").says("NOOP").hears("250");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_421_at_any_step_ends_the_session() {
        clientOf(proxy().throttle(at(Step.Rcpt.class, Pace.refuse(ENOUGH))))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hearsLine("421 4.7.1 Enough")
                .hearsTheEnd();
    }

    @Test
    void a_421_after_a_refusal_ends_the_session() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        clientOf(proxy().throttle(at(Step.Refusal.class, Pace.refuse(ENOUGH))))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hearsLine("421 4.7.1 Enough")
                .hearsTheEnd();
    }

    @Test
    void another_refusal_of_a_refusal_is_ignored() {
        destination.on("RCPT").reply("550 5.1.1 No such user");
        clientOf(proxy().throttle(at(Step.Refusal.class, Pace.refuse(LATER))))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hearsLine("550 5.1.1 No such user");
    }

    @Test
    void a_throttle_that_throws_counts_as_go() {
        Dialogue client = clientOf(proxy().throttle(step -> {
                    throw new IllegalStateException("broken");
                }))
                .greets();
        message(client).hears("250");
        assertThat(LoggedTraces.taken()).isNotEmpty().allMatch(trace -> trace.contains(" failed at "));
    }

    @Test
    void what_was_let_go_ends_once() {
        Counting counting = new Counting();
        Dialogue client = clientOf(proxy().throttle(counting)).greets();
        message(client).hears("250");
        client.says("MAIL FROM:<a@client.test>").hears("250").says("RSET").hears("250");
        destination.on("MAIL").reply("550 5.7.1 Not you");
        client.says("MAIL FROM:<a@client.test>").hears("550").says("QUIT").hears("221");
        await().until(() -> Counting.count(counting.ended, Step.Connect.class) > 0);
        assertThat(Counting.count(counting.ended, Step.Connect.class)).isEqualTo(1);
        assertThat(Counting.count(counting.ended, Step.Mail.class)).isEqualTo(3);
        assertThat(counting.ended).hasSize(4);
        assertThat(Counting.count(counting.asked, Step.Connect.class)).isEqualTo(1);
        assertThat(Counting.count(counting.asked, Step.Mail.class)).isEqualTo(3);
    }

    @Test
    void what_was_let_go_ends_also_where_the_client_just_goes() {
        Counting counting = new Counting();
        clientOf(proxy().throttle(counting)).greets().envelope().resets();
        await().until(() -> counting.ended.size() == 2);
        assertThat(Counting.count(counting.ended, Step.Mail.class)).isEqualTo(1);
    }

    @Test
    void what_another_throttle_refused_is_not_left_counted() {
        Counting counting = new Counting();
        clientOf(proxy().throttle(counting).throttle(at(Step.Mail.class, Pace.refuse(LATER))))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("451")
                .says("QUIT")
                .hears("221");
        await().until(() -> Counting.count(counting.ended, Step.Connect.class) == 1);
        assertThat(Counting.count(counting.ended, Step.Mail.class))
                .isEqualTo(Counting.count(counting.asked, Step.Mail.class));
    }

    @Test
    void the_octets_of_a_message_are_counted_as_they_come() {
        Counting counting = new Counting();
        Dialogue client = clientOf(proxy().throttle(counting)).greets();
        message(client).hears("250");
        long octets = counting.asked.stream()
                .filter(Step.Data.class::isInstance)
                .mapToLong(s -> ((Step.Data) s).octets())
                .sum();
        assertThat(octets).isBetween((long) "hello\r\n".length(), (long) "hello\r\n.\r\n".length());
    }

    /** Grants a few octets at a time, as a bandwidth limit does. */
    private static final class Granting implements Throttle {
        private final Class<? extends Step> kind;
        private final Pace pace;
        private final List<Long> asked = new CopyOnWriteArrayList<>();

        Granting(Class<? extends Step> kind, Pace pace) {
            this.kind = kind;
            this.pace = pace;
        }

        @Override
        public Pace before(Step step) {
            if (!kind.isInstance(step)) {
                return Pace.go();
            }
            asked.add(step instanceof Step.Data data ? data.octets() : ((Step.Send) step).octets());
            return pace;
        }
    }

    @Test
    void a_throttle_is_asked_until_it_has_granted_all_octets_that_arrived() {
        Granting granting = new Granting(Step.Data.class, Pace.grant(3));
        message(clientOf(proxy().throttle(granting)).greets()).hears("250");
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(granting.asked.get(0)).isGreaterThan(3);
        for (int i = 1; i < granting.asked.size(); i++) {
            long before = granting.asked.get(i - 1);
            assertThat(granting.asked.get(i))
                    .satisfiesAnyOf(
                            n -> assertThat(n).isEqualTo(before - 3),
                            n -> assertThat(before).isLessThanOrEqualTo(3));
        }
    }

    @Test
    void octets_are_granted_before_they_are_sent_too() {
        Granting granting = new Granting(Step.Send.class, Pace.grant(1_000));
        message(clientOf(proxy().throttle(granting)).greets()).hears("250");
        assertThat(destination.messages()).containsExactly("hello\r\n");
        assertThat(granting.asked.stream().mapToLong(n -> n).sum()).isGreaterThanOrEqualTo("hello\r\n".length());
    }

    @Test
    void each_grant_waits_for_its_delay() {
        Granting granting = new Granting(Step.Send.class, Pace.grant(3, Duration.ofMillis(100)));
        long start = System.nanoTime();
        message(clientOf(proxy().throttle(granting)).greets()).hears("250");
        Duration waited = Duration.ofMillis(90).multipliedBy(granting.asked.size());
        assertThat(granting.asked).hasSizeGreaterThanOrEqualTo(2);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(waited);
    }

    @Test
    void waits_before_sending_are_not_the_time_of_the_client() {
        Granting granting = new Granting(Step.Send.class, Pace.after(Duration.ofMillis(900)));
        Timeouts timeouts = Timeouts.defaults().dataBlock(Duration.ofMillis(700));
        Dialogue client = clientOf(proxy().timeouts(timeouts).throttle(granting))
                .greets()
                .envelope()
                .says("DATA")
                .hears("354");
        client.sends("hello\r\n");
        await().until(() -> granting.asked.size() == 1);
        client.sends("again\r\n.\r\n").hears("250");
        assertThat(destination.messages()).containsExactly("hello\r\nagain\r\n");
    }

    /** The destination waits for the message, and would hang up where it hears nothing. */
    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void what_throttles_slow_goes_on_in_portions(boolean chunks, boolean sent) {
        destination.takesChunks();
        List<Long> asked = new CopyOnWriteArrayList<>();
        Throttle slow = step -> {
            if (sent && step instanceof Step.Send send) {
                asked.add(send.octets());
            } else if (!sent && step instanceof Step.Data data) {
                asked.add(data.octets());
            } else {
                return Pace.go();
            }
            return asked.size() == 1 ? Pace.after(Duration.ofMillis(1_100)) : Pace.go();
        };
        Dialogue client = clientOf(proxy().throttle(slow)).greets().envelope();
        String line = "..\r\n";
        String message = "A: b\r\n\r\n" + line.repeat(4_000);
        if (chunks) {
            client.sends("BDAT " + message.length() + " LAST\r\n" + message).hears("250");
        } else {
            client.says("DATA").hears("354").sends(message + ".\r\n").hears("250");
        }
        assertThat(destination.messages()).containsExactly(message);
        assertThat(asked.get(1)).isLessThan(asked.get(0));
    }

    /** Before the octets go on, and before they are sent. */
    @ParameterizedTest
    @ValueSource(classes = {Step.Data.class, Step.Send.class})
    void a_wait_ends_with_the_time_of_its_transaction_and_nothing_is_delivered(Class<? extends Step> step) {
        Timeouts timeouts = Timeouts.defaults().transaction(Duration.ofSeconds(1));
        Throttle endless = at(step, Pace.grant(1, Duration.ofHours(1)));
        message(clientOf(proxy().timeouts(timeouts).throttle(endless)).greets())
                .hearsLine("421 4.4.2 Transaction takes too long")
                .hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(classes = {Step.Data.class, Step.Send.class})
    void nobody_is_held_while_the_destination_waits_for_a_message(Class<? extends Step> step) {
        CompletableFuture<Void> letGo = new CompletableFuture<>();
        message(clientOf(proxy().throttle(at(step, Pace.hold(Duration.ofHours(1), letGo))))
                        .greets())
                .hears("250");
        assertThat(letGo).isCancelled();
    }

    /** Its stage is code of others, too. */
    @Test
    void a_hold_whose_stage_throws_lasts_its_time_and_ends_no_session() {
        CompletableFuture<Void> broken = new CompletableFuture<>() {
            @Override
            public CompletableFuture<Void> whenComplete(BiConsumer<? super Void, ? super Throwable> action) {
                throw new UnsupportedOperationException("no watching");
            }

            @Override
            public boolean cancel(boolean mayInterrupt) {
                throw new UnsupportedOperationException("no cancelling");
            }
        };
        message(clientOf(proxy().throttle(at(Step.Mail.class, Pace.hold(Duration.ofMillis(10), broken))))
                        .greets())
                .hears("250");
        assertThat(LoggedTraces.taken()).isNotEmpty().allMatch(trace -> trace.contains("hold"));
    }

    @Test
    void a_wait_ends_with_the_time_of_its_session() {
        Timeouts timeouts = Timeouts.defaults().session(Duration.ofSeconds(1));
        clientOf(proxy().timeouts(timeouts).throttle(at(Step.Mail.class, Pace.after(Duration.ofHours(1)))))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250")
                .hears("421 4.4.2")
                .hearsTheEnd();
    }

    @Test
    void a_refusal_before_sending_is_ignored() {
        message(clientOf(proxy().throttle(at(Step.Send.class, Pace.refuse(ENOUGH))))
                        .greets())
                .hears("250");
    }
}
