package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.looking;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.chaos.Injected;
import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint.Stage;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Faults on purpose: what the client gets, what the destination has, and what the listeners are told. */
class InjectTest extends ProxyTest {

    private static final Duration A_MOMENT = Duration.ofMillis(30);
    private static final String MESSAGE = "Subject: s\r\n\r\n" + "x".repeat(70) + "\r\n";

    private final Inject inject = Inject.faults(1);
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final List<Refusal> refusals = new CopyOnWriteArrayList<>();

    private final ProxyListener events = new ProxyListener() {
        @Override
        public void refused(Session session, Refusal refusal) {
            refusals.add(refusal);
        }

        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            outcomes.add(outcome);
        }
    };

    /** How a message comes. */
    enum Way {
        DATA(false, false),
        DATA_FILTERED(true, false),
        DATA_IN_TLS(false, true),
        BDAT(false, false),
        BDAT_FILTERED(true, false),
        BDAT_IN_TLS(false, true);

        private final boolean filtered;
        private final boolean encrypted;

        Way(boolean filtered, boolean encrypted) {
            this.filtered = filtered;
            this.encrypted = encrypted;
        }

        boolean isChunked() {
            return name().startsWith("BDAT");
        }

        /** Sends the message, all of it. */
        Dialogue send(Dialogue client) {
            return isChunked()
                    ? client.sends("BDAT 20\r\n" + MESSAGE.substring(0, 20))
                            .hears("250")
                            .sends("BDAT " + (MESSAGE.length() - 20) + " LAST\r\n" + MESSAGE.substring(20))
                    : client.says("DATA").hears("354").sends(MESSAGE + ".\r\n");
        }

        /** The same, where the connection may break before all of it is sent. */
        Dialogue sendFirst(Dialogue client) {
            return isChunked()
                    ? client.sends("BDAT " + MESSAGE.length() + " LAST\r\n" + MESSAGE)
                    : client.says("DATA").hears("354").sends(MESSAGE + ".\r\n");
        }
    }

    private SmtpProxyBuilder faulty() {
        destination.takesChunks();
        return proxy(ENDPOINT.offerStartTls(Certificate.LOCAL.shown()))
                .faults(inject)
                .listener(events);
    }

    private Dialogue envelope(Way way) {
        SmtpProxyBuilder builder = faulty();
        Dialogue client = clientOf(
                way.filtered
                        ? builder.filter(looking((message, next) -> {
                            read(message.content());
                            return next.proceed(message);
                        }))
                        : builder);
        client.greets();
        if (way.encrypted) {
            client.startsTls(Certificate.LOCAL.trusted())
                    .says("EHLO client.test")
                    .hears("250");
        }
        return client.envelope();
    }

    private Result outcome() {
        await().until(() -> !outcomes.isEmpty());
        assertThat(outcomes).hasSize(1);
        return outcomes.get(0).result();
    }

    @ParameterizedTest
    @EnumSource
    void a_message_is_refused_when_it_has_arrived_and_the_next_one_passes(Way way) {
        Injected fault = inject.onMessage().times(1).reply(451, "4.3.0", "Not today");
        Dialogue client = envelope(way);
        way.send(client).hearsLine("451 4.3.0 Not today");
        assertThat(outcome()).isEqualTo(Result.REFUSED);
        assertThat(destination.messages()).isEmpty();
        way.send(client.envelope()).hears("250");
        assertThat(destination.messages()).containsExactly(MESSAGE);
        assertThat(fault.count()).isOne();
        assertThat(refusals).hasSize(1).allMatch(r -> r.by() == Refusal.By.FAULT);
    }

    @ParameterizedTest
    @EnumSource
    void a_message_is_refused_in_its_middle(Way way) {
        inject.onMessage().afterOctets(30).reply(552, "5.3.4", "Too big today");
        way.send(envelope(way))
                .hearsLine("552 5.3.4 Too big today")
                .says("NOOP")
                .hears("250");
        assertThat(outcome()).isEqualTo(Result.REFUSED);
        assertThat(destination.messages()).isEmpty();
    }

    static Stream<Arguments> breaks() {
        List<Arguments> all = new ArrayList<>();
        for (Way way : Way.values()) {
            all.add(breaking(way, "hang up", i -> i.onMessage().hangUp()));
            all.add(breaking(way, "reset", i -> i.onMessage().reset()));
            all.add(breaking(
                    way,
                    "hang up in the middle",
                    i -> i.onMessage().afterOctets(10).hangUp()));
            all.add(breaking(
                    way,
                    "reset in the middle",
                    i -> i.onMessage().afterOctets(MESSAGE.length()).reset()));
        }
        return all.stream();
    }

    private static Arguments breaking(Way way, String name, Function<Inject, Injected> fault) {
        return Arguments.of(way, name, fault);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("breaks")
    void a_connection_that_breaks_before_the_end_delivers_nothing(
            Way way, String name, Function<Inject, Injected> fault) {
        Injected injected = fault.apply(inject);
        way.sendFirst(envelope(way)).hearsTheEnd();
        assertThat(outcome()).isEqualTo(Result.ABORTED);
        assertThat(destination.messages()).isEmpty();
        assertThat(refusals).isEmpty();
        assertThat(injected.count()).isOne();
    }

    static Stream<Arguments> lostReplies() {
        List<Arguments> all = new ArrayList<>();
        for (Way way : Way.values()) {
            all.add(lost(way, "lost", "", i -> i.onMessage().loseReply()));
            all.add(lost(way, "cut", "250 2.0", i -> i.onMessage().cutReply(7)));
            all.add(lost(way, "none of it", "", i -> i.onMessage().cutReply(0)));
            all.add(lost(
                    way,
                    "half",
                    way.isChunked() ? "250 2.0.0 C" : "250 2.0.0 Ok: ",
                    i -> i.onMessage().halfReply()));
        }
        return all.stream();
    }

    private static Arguments lost(Way way, String name, String heard, Function<Inject, Injected> fault) {
        return Arguments.of(way, name, heard, fault);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("lostReplies")
    void a_reply_is_lost_when_the_destination_has_accepted(
            Way way, String name, String heard, Function<Inject, Injected> fault) {
        fault.apply(inject);
        assertThat(way.send(envelope(way)).rest()).isEqualTo(heard);
        assertThat(outcome()).isEqualTo(Result.DELIVERED);
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @ParameterizedTest
    @EnumSource
    void a_reply_comes_late_in_pieces_or_wrong_and_the_session_goes_on(Way way) {
        inject.onMessage().times(1).delayReply(A_MOMENT);
        inject.onMessage().times(1).sliceReply(1, Duration.ofMillis(1));
        inject.onMessage().after(1).times(1).garbage("?? what");
        Dialogue client = envelope(way);
        long began = System.nanoTime();
        way.send(client).hears("250");
        assertThat(System.nanoTime() - began).isGreaterThan(A_MOMENT.toNanos());
        way.send(client.envelope()).hearsLine("?? what");
        way.send(client.envelope()).hears("250").says("QUIT").hears("221");
        assertThat(destination.messages()).hasSize(3);
    }

    @ParameterizedTest
    @EnumSource
    void a_message_comes_slowly_and_whole(Way way) {
        inject.onMessage().bandwidth(MESSAGE.length() * 10L);
        inject.onMessage().delay(A_MOMENT, Duration.ofMillis(60));
        inject.onMessage().afterOctets(5).delay(A_MOMENT);
        long began = System.nanoTime();
        way.send(envelope(way)).hears("250");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(150));
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @ParameterizedTest
    @EnumSource
    void a_message_to_somebody_else_passes(Way way) {
        Injected fault = inject.onMessage().to("c@dest.test").hangUp();
        inject.onMessage().afterOctets(10_000).reset();
        way.send(envelope(way)).hears("250");
        assertThat(fault.count()).isZero();
    }

    @Test
    void a_chunk_that_is_last_and_empty_is_the_end_of_a_message_too() {
        inject.onMessage().reply(451, "4.3.0", "Not today");
        envelope(Way.BDAT)
                .sends("BDAT " + MESSAGE.length() + "\r\n" + MESSAGE)
                .hears("250")
                .says("BDAT 0 LAST")
                .hearsLine("451 4.3.0 Not today");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_recipient_is_refused_and_the_destination_never_hears_of_it() {
        Injected fault = inject.onRcpt("b@DEST.test").times(1).reply(450, "4.2.1", "busy");
        Dialogue client = clientOf(faulty()).greets();
        client.saysTogether(
                        "MAIL FROM:<a@client.test>",
                        "RCPT TO:<c@dest.test>",
                        "RCPT TO:<b@dest.test>",
                        "RCPT TO:<b@dest.test>")
                .hears("250")
                .hears("250")
                .hearsLine("450 4.2.1 busy")
                .hears("250");
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<c@dest.test>", "RCPT TO:<b@dest.test>");
        assertThat(fault.count()).isOne();
    }

    @Test
    void refusals_on_purpose_are_no_errors_of_the_client() {
        inject.onRcpt().reply(550, "5.1.1", "nobody");
        Dialogue client = clientOf(proxy(ENDPOINT.maxErrors(2)).faults(inject))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        for (int i = 0; i < 10; i++) {
            client.says("RCPT TO:<b@dest.test>").hearsLine("550 5.1.1 nobody");
        }
        client.says("DATA").hears("554").says("NOOP").hears("250");
        assertThat(destination.heard("RCPT")).isEmpty();
    }

    @Test
    void a_sender_that_is_refused_is_refused_for_what_the_client_pipelined_behind_it() {
        inject.onMail("<>").reply(451, "4.7.1", "No bounces now");
        clientOf(faulty())
                .greets()
                .saysTogether("MAIL FROM:<>", "RCPT TO:<b@dest.test>", "DATA")
                .hearsLine("451 4.7.1 No bounces now")
                .hears("503")
                .hears("503")
                .envelope();
        assertThat(destination.heard("MAIL")).containsExactly("MAIL FROM:<a@client.test>");
    }

    @Test
    void an_extension_is_hidden_and_its_command_is_unknown() {
        inject.onEhlo().times(1).hide("STARTTLS");
        inject.onEhlo().times(1).hide("chunking");
        inject.onEhlo().times(1).hide("SIZE");
        Dialogue client = clientOf(faulty()).hears("220").says("EHLO client.test");
        assertThat(client.reply())
                .noneMatch(line -> line.contains("STARTTLS") || line.contains("CHUNKING") || line.contains("SIZE"))
                .anyMatch(line -> line.contains("PIPELINING"));
        client.says("STARTTLS").hears("502").envelope();
        client.sends("BDAT 4\r\nNOOP").hears("502").says("RSET").hears("250");
        client.says("EHLO client.test");
        assertThat(client.reply()).anyMatch(line -> line.contains("STARTTLS"));
        client.startsTls(Certificate.LOCAL.trusted());
    }

    @Test
    void starttls_and_auth_are_refused() {
        destination.offers("AUTH PLAIN").on("AUTH").reply("235 2.7.0 In");
        inject.onStartTls().times(1).reply(454, "4.7.0", "No TLS now");
        inject.onAuth().times(1).reply(454, "4.7.0", "No passwords now");
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(faulty()).greets();
            client.says("STARTTLS").hearsLine("454 4.7.0 No TLS now").startsTls(Certificate.LOCAL.trusted());
            client.says("EHLO client.test").hears("250").says("AUTH PLAIN AGEAYg==");
            client.hearsLine("454 4.7.0 No passwords now")
                    .says("AUTH PLAIN AGEAYg==")
                    .hears("235");
            assertThat(log.lines())
                    .anyMatch(line -> line.contains("fault: Refuse"))
                    .noneMatch(line -> line.contains("AGEAYg=="));
        }
        assertThat(destination.heard("AUTH")).hasSize(1);
    }

    static Stream<Arguments> greetings() {
        return Stream.of(
                greeting("refused", "421 4.3.2 Full\r\n", i -> i.onConnect().reply(421, "4.3.2", "Full")),
                greeting("closed", "", i -> i.onConnect().hangUp()),
                greeting("reset", "", i -> i.onConnect().reset()),
                greeting("lost", "", i -> i.onConnect().loseReply()),
                greeting("cut", "220 dest", i -> i.onConnect().cutReply(8)),
                greeting(
                        "left open",
                        "220 dest.test ESMTP\r\n",
                        i -> i.onConnect().slowClose(A_MOMENT)));
    }

    private static Arguments greeting(String name, String heard, Function<Inject, Injected> fault) {
        return Arguments.of(name, heard, fault);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("greetings")
    void a_client_that_connects_gets_no_session(String name, String heard, Function<Inject, Injected> fault) {
        Injected injected = fault.apply(inject);
        SmtpProxy proxy = started(faulty());
        assertThat(heardBy(proxy)).isEqualTo(heard);
        assertThat(injected.count()).isOne();
        injected.remove();
        clientOf(proxy).greets();
    }

    /** A reset may come while the client still connects. */
    private String heardBy(SmtpProxy proxy) {
        try {
            return clientOf(proxy).rest();
        } catch (AssertionError e) {
            if (e.getCause() instanceof SocketException) {
                return "";
            }
            throw e;
        }
    }

    @Test
    void replies_before_a_fault_are_written() {
        inject.onRcpt("c@dest.test").hangUp();
        Dialogue client = clientOf(faulty()).greets();
        client.saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "RCPT TO:<c@dest.test>")
                .hears("250")
                .hears("250")
                .hearsTheEnd();
        assertThat(destination.heard("RCPT")).containsExactly("RCPT TO:<b@dest.test>");
    }

    @Test
    void a_command_of_any_name_is_delayed_and_a_reply_to_it_is_lost() {
        inject.on("quit").delay(A_MOMENT);
        inject.on("vrfy").loseReply();
        SmtpProxy proxy = started(faulty());
        long began = System.nanoTime();
        clientOf(proxy).greets().says("QUIT").hears("221").hearsTheEnd();
        assertThat(System.nanoTime() - began).isGreaterThan(A_MOMENT.toNanos());
        clientOf(proxy).greets().says("VRFY a").hearsTheEnd();
        assertThat(destination.heard("VRFY")).hasSize(1);
    }

    @Test
    void chance_is_the_same_in_each_run_with_a_seed() {
        List<String> first = chances();
        inject.forget();
        assertThat(chances()).isEqualTo(first).contains("450", "250");
    }

    private List<String> chances() {
        inject.onRcpt().probability(0.3, 5).reply(450, "4.2.1", "busy");
        Dialogue client = clientOf(proxy().faults(inject)).greets();
        client.says("MAIL FROM:<a@client.test>").hears("250");
        return Stream.generate(() -> "RCPT TO:<b@dest.test>")
                .limit(30)
                .map(rcpt -> client.says(rcpt).reply().get(0).substring(0, 3))
                .toList();
    }

    @Test
    void the_third_time_only_and_none_when_forgotten() {
        inject.on("NOOP").after(2).times(1).reply(451, "4.3.0", "third");
        Dialogue client = clientOf(faulty()).greets();
        client.says("NOOP")
                .hears("250")
                .says("NOOP")
                .hears("250")
                .says("NOOP")
                .hears("451")
                .says("NOOP")
                .hears("250");
        inject.on("NOOP").reply(451, "4.3.0", "always");
        inject.forget();
        client.says("NOOP").hears("250");
    }

    @Test
    void nothing_that_is_no_refusal_can_be_made_up() {
        assertThatThrownBy(() -> inject.onRcpt().reply(250, "2.1.5", "Ok"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Fault.Refuse(Reply.of(250, "2.0.0 Ok")))
                .hasMessage("reply must be 4xx or 5xx, was 250");
        for (String like :
                List.of("250 Ok", "250-Ok", " 250 Ok", "354 go on", "250", "2500", "x\r\n250 Ok", "\n250 Ok")) {
            assertThatThrownBy(() -> inject.onMessage().garbage(like))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("line must be");
        }
    }

    @Test
    void a_fault_that_is_not_allowed_there_is_left_out() {
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(proxy().faults(point -> switch (point.stage()) {
                        case MESSAGE_REPLY -> List.of(new Fault.Refuse(Reply.of(550, "no")));
                        case END_OF_DATA -> List.of(new Fault.Garble("what"));
                        case COMMAND -> List.of(new Fault.Slice(1, A_MOMENT));
                        default -> List.of();
                    }))
                    .greets()
                    .envelope();
            Way.DATA.send(client).hearsLine("250 2.0.0 Ok: queued as T1");
            assertThat(log.lines(Level.ERROR))
                    .hasSizeGreaterThan(2)
                    .allMatch(l -> l.contains("not allowed here is left out"));
        }
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void faults_that_fail_are_none() {
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = clientOf(proxy().faults(point -> {
                        throw new IllegalStateException("broken");
                    }))
                    .greets()
                    .envelope();
            Way.DATA.send(client).hears("250");
            assertThat(log.lines(Level.ERROR)).isNotEmpty().allMatch(l -> l.contains("failed at faults"));
        }
    }

    @Test
    void a_hang_up_during_a_delay_ends_the_delay() {
        Injected fault = inject.onMessage().delay(Duration.ofHours(1));
        SmtpProxy proxy = started(faulty());
        Dialogue client = clientOf(proxy).greets().envelope();
        Way.DATA.send(client);
        await().until(() -> fault.count() == 1);
        proxy.close();
        client.hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void every_stage_is_asked_once_in_its_order() {
        List<String> asked = new CopyOnWriteArrayList<>();
        Dialogue client = clientOf(proxy().faults(point -> {
                    asked.add(point.stage() + " " + point.verb() + " " + point.argument());
                    return List.of();
                }))
                .hears("220")
                .says("EHLO client.test")
                .hears("250")
                .envelope();
        Way.DATA.send(client).hears("250");
        client.says("QUIT").hears("221");
        assertThat(asked)
                .containsExactly(
                        Stage.CONNECT + " CONNECT ",
                        Stage.REPLY + " CONNECT ",
                        Stage.COMMAND + " EHLO client.test",
                        Stage.REPLY + " EHLO client.test",
                        Stage.COMMAND + " MAIL FROM:<a@client.test>",
                        Stage.REPLY + " MAIL FROM:<a@client.test>",
                        Stage.COMMAND + " RCPT TO:<b@dest.test>",
                        Stage.REPLY + " RCPT TO:<b@dest.test>",
                        Stage.COMMAND + " DATA ",
                        Stage.REPLY + " DATA ",
                        Stage.MESSAGE + " DATA ",
                        Stage.END_OF_DATA + " DATA ",
                        Stage.MESSAGE_REPLY + " DATA ",
                        Stage.COMMAND + " QUIT ",
                        Stage.REPLY + " QUIT ");
    }

    @Test
    void what_is_refused_already_draws_no_other_fault() {
        inject.onRcpt().times(1).reply(450, "4.2.1", "first");
        Injected second = inject.onRcpt().times(1).reply(451, "4.2.1", "second");
        Dialogue client =
                clientOf(proxy(ENDPOINT.maxRecipients(3)).faults(inject)).greets();
        client.says("MAIL FROM:<a@client.test>").hears("250");
        client.says("RCPT TO:<b@dest.test>").hearsLine("450 4.2.1 first");
        assertThat(second.count()).isZero();
        client.says("RCPT TO:<b@dest.test>").hearsLine("451 4.2.1 second");
        client.says("RCPT TO:<b@dest.test>").hears("250");
    }

    @Test
    void a_fault_waits_for_a_command_that_nothing_else_refuses() {
        Injected fault = inject.onMail().times(1).reply(451, "4.3.0", "once");
        Dialogue client = clientOf(proxy(ENDPOINT.requireStartTls(Certificate.LOCAL.shown()))
                        .faults(inject))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("530");
        assertThat(fault.count()).isZero();
        client.startsTls(Certificate.LOCAL.trusted()).says("EHLO client.test").hears("250");
        client.says("MAIL FROM:<a@client.test>").hears("451 4.3.0 once");
    }

    @Test
    void a_verb_that_smtp_does_not_know_loses_its_reply_too() {
        destination.on("XYZZY").reply("250 2.0.0 Nothing happens");
        Injected fault = inject.on("XYZZY").loseReply();
        clientOf(faulty()).greets().says("XYZZY").hearsTheEnd();
        assertThat(fault.count()).isOne();
    }

    @Test
    void no_fault_is_told_a_secret() {
        destination.offers("AUTH LOGIN").on("AUTH").reply("535 5.7.8 No");
        List<String> points = new CopyOnWriteArrayList<>();
        Dialogue client = clientOf(proxy().faults(point -> {
                    points.add(point.verb() + " " + point.argument());
                    return List.of();
                }))
                .greets();
        client.saysTogether("AUTH LOGIN", "c2VjcmV0", "AUTH PLAIN\tc2VjcmV0", "X-EXPS LOGIN c2VjcmV0");
        for (int i = 0; i < 4; i++) {
            client.reply();
        }
        assertThat(points).noneMatch(p -> p.toLowerCase(Locale.ROOT).contains("c2vjcmv0"));
        assertThat(points).contains("AUTH LOGIN");
    }

    @Test
    void a_fault_that_was_removed_is_not_made_in_a_message_that_runs() {
        Injected fault = inject.onMessage().afterOctets(20).hangUp();
        Dialogue client = envelope(Way.DATA).says("DATA").hears("354").sends("Subject: s\r\n");
        await().until(() -> destination.heard("DATA").size() == 1);
        fault.remove();
        client.sends("\r\nand much more than twenty octets\r\n.\r\n").hears("250");
        assertThat(fault.count()).isZero();
    }

    @Test
    void the_lower_of_two_bandwidths_counts() {
        inject.onMessage().bandwidth(MESSAGE.length() * 10L);
        inject.onMessage().bandwidth(1_000_000);
        long began = System.nanoTime();
        Way.DATA.send(envelope(Way.DATA)).hears("250");
        assertThat(System.nanoTime() - began).isGreaterThan(A_MOMENT.toNanos());
    }

    @Test
    void a_refusal_is_not_the_reply_that_is_lost() {
        inject.onMessage().times(1).loseReply();
        destination.on(".").reply("550 5.7.1 dest.test does not want it");
        Dialogue client = envelope(Way.DATA);
        Way.DATA.send(client).hears("550");
        destination.on(".").reply("250 2.0.0 Ok: queued as T1");
        Way.DATA.send(client.envelope()).hearsTheEnd();
        assertThat(destination.messages()).hasSize(2);
    }
}
