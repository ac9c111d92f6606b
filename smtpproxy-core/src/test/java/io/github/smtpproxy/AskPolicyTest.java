package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.policy.AskPolicy;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.testing.ScriptedPolicyServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a policy server wants is done, in its words. */
@Timeout(120)
class AskPolicyTest extends ProxyTest {

    private static final String MESSAGE = "Subject: a\r\n\r\nhello\r\n";

    private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
    private final List<Verdict> verdicts = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    private ScriptedPolicyServer server(Function<Map<String, String>, Optional<String>> answer) {
        ScriptedPolicyServer server = ScriptedPolicyServer.answering(answer);
        opened.add(server);
        return server;
    }

    private ScriptedPolicyServer acting(String action) {
        return server(request -> Optional.of("action=" + action + "\n\n"));
    }

    private AskPolicy asking(ScriptedPolicyServer... servers) {
        ServiceAddress[] addresses =
                Stream.of(servers).map(ScriptedPolicyServer::address).toArray(ServiceAddress[]::new);
        AskPolicy filter = AskPolicy.at(addresses).exempt(Clients.none());
        opened.add(filter);
        return filter;
    }

    private Dialogue client(Filter filter) {
        return clientOf(proxy().filter(filter).listener(new ProxyListener() {
                    @Override
                    public void verdict(Session session, Verdict verdict) {
                        verdicts.add(verdict);
                    }
                }))
                .greets();
    }

    private Dialogue asksForRecipient(Filter filter) {
        return client(filter).says("MAIL FROM:<a@client.test>").hears("250").says("RCPT TO:<b@dest.test>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DUNNO", "OK", "dunno", "permit", "", "OK all is well", "WARN odd client", "INFO seen"})
    void actions_that_pass(String action) {
        asksForRecipient(asking(acting(action))).hears("250");
        assertThat(destination.heard("RCPT")).hasSize(1);
        assertThat(verdicts).singleElement().satisfies(v -> {
            assertThat(v.decision()).isEqualTo(Verdict.Decision.PASS);
            assertThat(v.transaction()).isPresent();
        });
    }

    @ParameterizedTest
    @CsvSource({
        "REJECT, 554 5.7.1 Access denied",
        "reject no mail from you, 554 5.7.1 no mail from you",
        "REJECT 5.1.8 no such sender, 554 5.1.8 no such sender",
        "DEFER, 450 4.7.1 Try again later",
        "DEFER 5.7.9 later, 450 4.7.9 later",
        "DEFER_IF_PERMIT Greylisted for 300 seconds, 450 4.7.1 Greylisted for 300 seconds",
        "450 4.2.0 Greylisted, 450 4.2.0 Greylisted",
        "450, 450 4.7.1 Try again later",
        "550 no, 550 5.7.1 no",
        "521 5.3.2 go away, 521 5.3.2 go away",
        "REJECT caf\u00e9 \u0007 bell, 554 5.7.1 caf? ? bell",
    })
    void actions_that_refuse_do_so_in_the_servers_words(String action, String reply) {
        Dialogue client = asksForRecipient(asking(acting(action))).hearsLine(reply);
        client.says("DATA").hears("554 5.5.1").says("QUIT").hears("221");
        assertThat(destination.heard("RCPT")).isEmpty();
        assertThat(verdicts).singleElement().extracting(Verdict::decision).isNotEqualTo(Verdict.Decision.PASS);
    }

    @Test
    void a_421_ends_the_session() {
        asksForRecipient(asking(acting("421 4.7.0 too many")))
                .hearsLine("421 4.7.0 too many")
                .hearsTheEnd();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DISCARD",
                "HOLD spam",
                "REDIRECT x@y.test",
                "BCC x@y.test",
                "FILTER smtp:[x]",
                "permit_mynetworks"
            })
    void actions_that_would_lose_mail_or_are_unknown_are_451_and_one_warning(String action) {
        try (CapturedLog log = new CapturedLog(AskPolicy.class)) {
            Dialogue client =
                    asksForRecipient(asking(acting(action))).hears("451 4.3.5 Server configuration problem (");
            client.says("RSET").hears("250");
            assertThat(log.lines()).singleElement().asString().contains(action.split(" ")[0].toUpperCase());
        }
        assertThat(destination.heard("RCPT")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"DISCARD, false", "HOLD spam, false", "DISCARD, true"})
    void what_is_to_be_lost_goes_where_the_host_program_keeps_such_mail(String action, boolean chunks) {
        destination.takesChunks();
        ScriptedDestination quarantine = anotherDestination();
        quarantine.on(".").reply("250 2.0.0 kept");
        AskPolicy policy = asking(acting(action)).onDiscard(OnDiscard.routeTo(quarantine.destination()));
        Dialogue client = asksForRecipient(policy).hears("250");
        if (chunks) {
            client.sends("BDAT 21 LAST\r\n" + MESSAGE).hearsLine("250 2.0.0 kept");
        } else {
            client.says("DATA").hears("354").sends(MESSAGE + ".\r\n").hearsLine("250 2.0.0 kept");
        }
        assertThat(quarantine.messages()).containsExactly(MESSAGE);
        assertThat(destination.messages()).isEmpty();
        client.says("QUIT").hears("221");
    }

    @Test
    void a_permanent_refusal_of_the_destination_is_deferred_if_the_server_wants_that() {
        destination.on("RCPT TO:<b@dest.test>").reply("550 5.1.1 No such user");
        Dialogue client = asksForRecipient(asking(acting("DEFER_IF_REJECT 4.1.0 check again")));
        client.hearsLine("450 4.1.0 check again").says("RCPT TO:<c@dest.test>").hears("250");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_field_that_the_server_prepends_is_at_the_top_once(boolean chunks) {
        destination.takesChunks();
        Dialogue client = client(asking(acting("PREPEND Received-SPF: pass  (ok) \u00e9")))
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hears("250");
        if (chunks) {
            client.sends("BDAT 12\r\nSubject: a\r\n").hears("250");
            client.sends("BDAT 9 LAST\r\n\r\nhello\r\n").hears("250");
        } else {
            client.says("DATA").hears("354").sends(MESSAGE + ".\r\n").hears("250");
        }
        assertThat(destination.messages()).containsExactly("Received-SPF: pass  (ok) ?\r\n" + MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PREPEND", "PREPEND nothing to see", "PREPEND : empty", "PREPEND X Y: z"})
    void a_field_without_a_name_is_no_field(String action) {
        asksForRecipient(asking(acting(action))).hears("451 4.3.5");
    }

    @Test
    void the_request_has_what_postfix_sends() {
        ScriptedPolicyServer server = acting("DUNNO");
        Dialogue client = client(asking(server).context("inbound"));
        client.says("MAIL FROM:<a@client.test> SIZE=1234")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        client.says("RSET")
                .hears("250")
                .says("MAIL FROM:<>")
                .hears("250")
                .says("RCPT TO:<\"b c\"@dest.test>")
                .hears("250");
        Map<String, String> first = server.requests().get(0);
        assertThat(first.keySet())
                .containsExactly(
                        "request,protocol_state,protocol_name,helo_name,queue_id,sender,recipient,recipient_count,client_address,client_name,reverse_client_name,client_port,server_address,server_port,instance,sasl_method,sasl_username,sasl_sender,size,ccert_subject,ccert_issuer,ccert_fingerprint,encryption_protocol,encryption_cipher,encryption_keysize,etrn_domain,stress,policy_context,compatibility_level,mail_version"
                                .split(","));
        assertThat(first)
                .containsEntry("request", "smtpd_access_policy")
                .containsEntry("protocol_state", "RCPT")
                .containsEntry("protocol_name", "ESMTP")
                .containsEntry("helo_name", "client.test")
                .containsEntry("sender", "a@client.test")
                .containsEntry("recipient", "b@dest.test")
                .containsEntry("client_address", "127.0.0.1")
                .containsEntry("server_address", "127.0.0.1")
                .containsEntry("size", "1234")
                .containsEntry("sasl_username", "")
                .containsEntry("policy_context", "inbound");
        assertThat(server.requests().get(1))
                .containsEntry("sender", "")
                .containsEntry("recipient", "\"b c\"@dest.test");
        assertThat(server.requests().get(1).get("instance")).isNotEqualTo(first.get("instance"));
    }

    @Test
    void the_number_of_recipients_is_told_at_data_on_demand() {
        ScriptedPolicyServer server = server(request -> Optional.of(
                request.get("protocol_state").equals("DATA") ? "action=REJECT too many\n\n" : "action=DUNNO\n\n"));
        Dialogue client = client(asking(server).alsoAtData())
                .envelope()
                .says("RCPT TO:<c@dest.test>")
                .hears("250");
        client.says("DATA").hears("354").sends(MESSAGE + ".\r\n").hearsLine("554 5.7.1 too many");
        assertThat(server.requests().get(2))
                .containsEntry("recipient_count", "2")
                .containsEntry("recipient", "");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_connection_is_used_again_and_one_that_the_server_closed_is_replaced_at_once() {
        ScriptedPolicyServer server = acting("DUNNO");
        Dialogue client = client(asking(server).within(Duration.ofSeconds(30))).envelope();
        client.says("RCPT TO:<c@dest.test>").hears("250");
        assertThat(server.connections()).isEqualTo(1);
        server.hangsUp();
        client.says("RCPT TO:<d@dest.test>").hears("250");
        assertThat(server.connections()).isEqualTo(2);
        assertThat(server.requests()).last().extracting(r -> r.get("recipient")).isEqualTo("d@dest.test");
    }

    /** What goes wrong with a policy server. */
    enum Fault {
        CLOSES(request -> Optional.empty()),
        SILENT(request -> Optional.of("")),
        CLOSES_IN_THE_MIDDLE(new Function<>() {
            private final AtomicInteger count = new AtomicInteger();

            @Override
            public Optional<String> apply(Map<String, String> request) {
                return count.getAndIncrement() % 2 == 0 ? Optional.of("action=DUN") : Optional.empty();
            }
        }),
        GARBAGE(request -> Optional.of("\u0001\u00ff\n\n")),
        TWO_ANSWERS(request -> Optional.of("action=DUNNO\n\naction=REJECT\n\n")),
        ENDLESS(request -> Optional.of("action=" + "x".repeat(20_000)));

        private final Function<Map<String, String>, Optional<String>> answer;

        Fault(Function<Map<String, String>, Optional<String>> answer) {
            this.answer = answer;
        }
    }

    private static AskPolicy hasty(AskPolicy filter) {
        return filter.within(Duration.ofMillis(500));
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void a_server_that_fails_defers_and_the_session_goes_on(Fault fault) {
        try (CapturedLog log = new CapturedLog(AskPolicy.class)) {
            Dialogue client = asksForRecipient(hasty(asking(server(fault.answer))));
            client.hears("451 4.3.5 Server configuration problem (")
                    .says("NOOP")
                    .hears("250");
            assertThat(log.lines()).singleElement().asString().contains("no policy server can be asked");
        }
        assertThat(destination.heard("RCPT")).isEmpty();
        assertThat(verdicts).singleElement().asString().startsWith("AskPolicy DEFER down ");
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void a_server_that_fails_lets_mail_pass_if_told_so(Fault fault) {
        try (CapturedLog log = new CapturedLog(AskPolicy.class)) {
            Dialogue client =
                    asksForRecipient(hasty(asking(server(fault.answer)).whenDown(WhenDown.PASS)));
            client.hears("250")
                    .says("DATA")
                    .hears("354")
                    .sends(MESSAGE + ".\r\n")
                    .hears("250");
            assertThat(log.lines()).hasSize(1);
        }
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @Test
    void a_server_that_is_down_leaves_it_to_the_next_one() {
        ScriptedPolicyServer down = acting("DUNNO");
        down.close();
        ScriptedPolicyServer up = acting("REJECT by the second");
        try (CapturedLog log = new CapturedLog()) {
            Dialogue client = asksForRecipient(asking(down, up).within(Duration.ofSeconds(2)));
            client.hearsLine("554 5.7.1 by the second")
                    .says("RCPT TO:<c@dest.test>")
                    .hearsLine("554 5.7.1 by the second");
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("the next one is"))
                    .hasSize(1);
        }
    }

    @Test
    void trusted_clients_are_exempt_by_default() {
        ScriptedPolicyServer server = acting("REJECT");
        AskPolicy filter = AskPolicy.at(server.address());
        asksForRecipient(filter).hears("250");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void an_observed_server_refuses_nobody() {
        asksForRecipient(Observe.only(asking(acting("REJECT")))).hears("250");
        assertThat(verdicts).singleElement().extracting(Verdict::decision).isEqualTo(Verdict.Decision.REFUSE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mail", "mail:0", "mail:70000", "a b:25", "::1:25", "relative/path"})
    void an_address_of_another_form_is_an_error(String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AskPolicy.at(address))
                .withMessageContaining("must be");
    }

    @Test
    void an_address_may_be_a_path() {
        assertThat(ServiceAddress.parse("/run/policy")).isEqualTo(ServiceAddress.unix(Path.of("/run/policy")));
        assertThat(ServiceAddress.parse("[::1]:25")).hasToString("[::1]:25");
    }
}
