package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Filters;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.WhenTooLarge;
import io.github.smtpproxy.filters.hook.AskHook;
import io.github.smtpproxy.filters.hook.HookAction;
import io.github.smtpproxy.filters.hook.HookStage;
import io.github.smtpproxy.json.Json;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.testing.ScriptedHook;
import io.github.smtpproxy.testing.ScriptedHook.Trouble;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a hook is told, and what is done of its answers; a real HTTP server answers. */
@Timeout(120)
class AskHookTest extends ProxyTest {

    private static final String MESSAGE = "A: 1\r\nB: 2\r\nA: 3\r\n\r\nhello\r\n";
    private static final String LATER = "451 4.7.1 Cannot scan the message, try again later (s";

    private final ScriptedHook hook = ScriptedHook.start();
    private final List<Verdict> verdicts = new CopyOnWriteArrayList<>();
    private final List<HookAction> actions = new CopyOnWriteArrayList<>();
    private CapturedLog log;

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
        log = new CapturedLog();
    }

    @AfterEach
    void close() {
        hook.close();
        log.close();
    }

    private AskHook asking() {
        return AskHook.at(hook.url()).exempt(Clients.none());
    }

    private SmtpProxyBuilder with(Filter filter) {
        return proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")))
                .filter(filter)
                .listener(new ProxyListener() {
                    @Override
                    public void verdict(Session session, Verdict verdict) {
                        verdicts.add(verdict);
                        verdict.transaction()
                                .flatMap(t -> t.attribute(AskHook.ACTION))
                                .ifPresent(actions::add);
                    }
                });
    }

    private Dialogue client(Filter filter) {
        return clientOf(with(filter)).greets();
    }

    private static Dialogue send(Dialogue client, String message, boolean chunks) {
        return chunks
                ? client.sends("BDAT " + message.length() + " LAST\r\n" + message)
                : client.says("DATA").hears("354").sends(message + ".\r\n");
    }

    private static Dialogue send(Dialogue client, boolean chunks) {
        return send(client, MESSAGE, chunks);
    }

    private Map<String, Object> told() {
        byte[] body = hook.requests().get(hook.requests().size() - 1).body().getBytes(StandardCharsets.UTF_8);
        try {
            return Json.object(body, body.length);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Map<String, Object> told(String part) {
        return Json.map(told(), part);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_hook_is_told_of_client_envelope_and_message(boolean chunks) {
        Dialogue client = client(asking());
        client.says("XCLIENT ADDR=203.0.113.9 PORT=4711 HELO=far.test LOGIN=alice")
                .hears("220")
                .says("EHLO far.test")
                .hears("250");
        client.says("MAIL FROM:<a@client.test> BODY=8BITMIME ENVID=x").hears("250");
        client.says("RCPT TO:<b@dest.test>")
                .hears("250")
                .says("RCPT TO:<c@dest.test> NOTIFY=NEVER")
                .hears("250");
        send(client, "Subject: \u00C3\u00A4\r\n folded\r\n\r\n\"\\\u0001\t\u00FF\r\n", chunks)
                .hears("250");
        Map<String, Object> context = told("context");
        assertThat(context).containsEntry("stage", "data").containsEntry("sasl", Map.of("login", "alice"));
        assertThat(context).containsEntry("protocol", Map.of("version", 1.0)).doesNotContainKey("tls");
        assertThat(Json.map(context, "client"))
                .containsEntry("ip", "203.0.113.9")
                .containsEntry("port", 4711.0)
                .containsEntry("helo", "far.test")
                .containsEntry("ptr", Optional.empty());
        assertThat(Json.map(context, "server")).containsEntry("ip", "127.0.0.1");
        assertThat(Json.map(context, "queue").get("id").toString()).startsWith("s");
        assertThat(told("envelope"))
                .containsEntry(
                        "from",
                        Map.of("address", "a@client.test", "parameters", Map.of("body", "8BITMIME", "envid", "x")))
                .containsEntry(
                        "to",
                        List.of(
                                Map.of("address", "b@dest.test", "parameters", Map.of()),
                                Map.of("address", "c@dest.test", "parameters", Map.of("notify", "NEVER"))));
        assertThat(told("message"))
                .containsEntry("headers", List.of(List.of("Subject", "\u00E4 folded")))
                .containsEntry("serverHeaders", List.of())
                .containsEntry("contents", "\"\\\u0001\t\uFFFD\r\n")
                .containsEntry("size", 31.0)
                .doesNotContainKey("raw");
    }

    @Test
    void the_whole_message_is_sent_octet_for_octet_on_request() {
        String message = "Subject: \u00C3\u00A4\r\n\r\n\u00FF" + "x".repeat(70_000) + "\r\n";
        send(client(asking().withRawMessage()).envelope(), message, false).hears("250");
        byte[] raw = Base64.getDecoder().decode(told("message").get("raw").toString());
        assertThat(new String(raw, StandardCharsets.ISO_8859_1)).isEqualTo(message);
        assertThat(told("message").get("contents").toString()).hasSize(70_003);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'action':'accept'} | 250 2.0.0 Ok: queued as T1",
                "{'action':'accept','response':{'status':250,'message':'Mine'}} | 250 2.0.0 Ok: queued as T1",
                "{'action':'accept','response':null,'modifications':null,'more':[1]} | 250",
                "{'action':'reject'} | 550 5.7.1 Message refused (s",
                "{'action':'reject','response':{'message':''}} | 550 5.7.1 Message refused (s",
                "{'action':'reject','response':{'status':554,'enhancedStatus':'5.7.7','message':'No'}} | 554 5.7.7 No (s",
                "{'action':'reject','response':{'status':451,'message':'Later\\r\\n250 no'}} | 451 4.7.1 Later 250 no (s",
                "{'action':'reject','response':{'enhancedStatus':'4.2.1'}} | 451 4.2.1 Message refused (s",
                "{'action':'reject','response':{'message':'\u00E4\\u0000'}} | 550 5.7.1 ?? (s",
                "{'action':'discard'} | 550 5.7.1 Message refused (s",
                "{'action':'discard','response':{'status':250}} | 550 5.7.1 Message refused (s",
            })
    void what_it_says_is_done(String json, String heard) {
        hook.answers(json);
        send(client(asking()).envelope(), false).hears(heard);
        assertThat(destination.messages()).hasSize(heard.startsWith("250") ? 1 : 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "'accept'",
                "{}",
                "{'action':'accept'",
                "{'action':'Accept'}",
                "{'action':'of the future'}",
                "{'action':1}",
                "{'action':'reject','response':{'status':250}}",
                "{'action':'reject','response':{'status':354}}",
                "{'action':'reject','response':{'status':700}}",
                "{'action':'reject','response':{'status':55}}",
                "{'action':'reject','response':{'status':569}}",
                "{'action':'reject','response':{'status':550.5}}",
                "{'action':'reject','response':{'status':-1}}",
                "{'action':'reject','response':{'status':1e99}}",
                "{'action':'reject','response':{'status':'550'}}",
                "{'action':'reject','response':{'enhancedStatus':'2.0.0'}}",
                "{'action':'reject','response':{'status':550,'enhancedStatus':'4.7.1'}}",
                "{'action':'reject','response':{'enhancedStatus':'5.7.1 x\\r\\n250'}}",
                "{'action':'reject','response':{'message':7}}",
                "{'action':'reject','response':{'disconnect':'yes'}}",
                "{'action':'reject','response':[]}",
                "{'action':'accept','response':{'status':550}}",
                "{'action':'quarantine','response':{'status':451}}",
                "{'action':'accept','modifications':'all'}",
                "{'action':'accept','modifications':[{}]}",
                "{'action':'accept','modifications':[{'type':'replaceEverything'}]}",
                "{'action':'accept','modifications':[{'type':'addHeader','name':'X'}]}",
                "{'action':'accept','modifications':[{'type':'addHeader','name':'X: y\\r\\nZ','value':'v'}]}",
                "{'action':'accept','modifications':[{'type':'addHeader','name':'X','value':'v\\r\\nZ: w'}]}",
                "{'action':'accept','modifications':[{'type':'addHeader','name':'X','value':'v\\u0000'}]}",
                "{'action':'accept','modifications':[{'type':'insertHeader','index':-1,'name':'X','value':'v'}]}",
                "{'action':'accept','modifications':[{'type':'insertHeader','name':'X','value':'v'}]}",
                "{'action':'accept','modifications':[{'type':'changeHeader','index':0,'name':'X','value':'v'}]}",
                "{'action':'accept','modifications':[{'type':'deleteHeader','index':0,'name':'X'}]}",
                "{'action':'accept','modifications':[{'type':'changeFrom','value':'a@b> SIZE=1'}]}",
                "{'action':'accept','modifications':[{'type':'changeFrom','value':'a@b.test','parameters':[]}]}",
                "{'action':'accept','modifications':[{'type':'changeFrom','value':'a@b.test','parameters':{'X':false}}]}",
                "{'action':'accept','modifications':[{'type':'changeFrom','value':'a@b.test','parameters':{'X':1.5}}]}",
                "{'action':'accept','modifications':[{'type':'changeFrom','value':'a@b.test','parameters':{'X':'a b'}}]}",
                "{'action':'accept','modifications':[{'type':'addRecipient','value':'a@b\\r\\nDATA'}]}",
                "{'action':'accept','modifications':[{'type':'addRecipient','value':''}]}",
            })
    void an_answer_that_makes_no_sense_is_none(String json) {
        hook.answers(json);
        send(client(asking()).envelope(), false).hears(LATER);
        assertThat(destination.messages()).isEmpty();
        assertThat(log.lines())
                .filteredOn(l -> l.contains("AskHook cannot scan"))
                .hasSize(1);
    }

    @Test
    void more_changes_than_a_hundred_are_too_many() {
        String change = "{'type':'addHeader','name':'X','value':'v'}";
        hook.answers("{'action':'accept','modifications':[" + (change + ",").repeat(99) + change + "]}");
        Dialogue client = client(asking());
        send(client.envelope(), false).hears("250");
        hook.answers("{'action':'accept','modifications':[" + (change + ",").repeat(100) + change + "]}");
        send(client.envelope(), false).hears(LATER);
    }

    @Test
    void many_small_values_are_too_many() {
        hook.answers("{'action':'accept','more':[" + "[],".repeat(60_000) + "1]}");
        send(client(asking()).envelope(), false).hears(LATER);
        hook.answers("{'action':'accept','more':[" + "[],".repeat(6_000) + "1]}");
        send(client(asking()).envelope(), false).hears("250");
    }

    static Stream<Arguments> troubles() {
        return Stream.of(Trouble.values())
                .flatMap(t -> Stream.of(true, false)
                        .flatMap(chunks -> Stream.of(WhenDown.values()).map(then -> Arguments.of(t, chunks, then))));
    }

    @ParameterizedTest
    @MethodSource("troubles")
    void a_hook_in_trouble_is_as_the_host_program_wants_it(Trouble trouble, boolean chunks, WhenDown then) {
        hook.fails(trouble);
        Duration limit = Duration.ofMillis(trouble == Trouble.SLOW ? 100 : 60_000);
        Dialogue client = client(asking().within(limit).whenDown(then));
        send(client.envelope(), chunks).hears(then == WhenDown.PASS ? "250" : LATER);
        assertThat(destination.messages()).hasSize(then == WhenDown.PASS ? 1 : 0);
        assertThat(verdicts).singleElement().asString().matches("AskHook (PASS|DEFER) down \\d+ms");
        assertThat(log.lines()).anyMatch(line -> line.contains("AskHook cannot scan the message: "));
        client.says("NOOP").hears("250");
    }

    @ParameterizedTest
    @EnumSource(names = "SLOW", mode = EnumSource.Mode.EXCLUDE)
    void the_next_one_is_asked_where_one_fails_and_none_is_asked_twice(Trouble trouble) {
        try (ScriptedHook other = ScriptedHook.start()) {
            other.answers("{'action':'reject','response':{'message':'by the other'}}");
            hook.fails(trouble);
            AskHook both =
                    AskHook.at(hook.url(), other.url()).exempt(Clients.none()).within(Duration.ofMinutes(1));
            Dialogue client = client(both);
            send(client.envelope(), true).hears("550 5.7.1 by the other (s");
            send(client.envelope(), false).hears("550 5.7.1 by the other (s");
            assertThat(other.requests()).hasSize(2);
            assertThat(hook.requests()).hasSize(trouble == Trouble.DOWN ? 0 : 1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothing_is_asked_again_once_the_end_of_the_message_is_on_its_way(boolean chunks) {
        destination.on(chunks ? "BDAT" : ".").fail(Fault.CLOSE);
        Dialogue client = client(asking());
        send(client.envelope(), chunks).hears("4");
        assertThat(hook.requests()).hasSize(1);
        assertThat(destination.heard("MAIL")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'addHeader','name':'N','value':'v' | N: v/A: 1/B: 2/A: 3//hello/",
                "'addHeader','name':'N','value':'v\\r\\n\\tw\u00E4' | N: v\tw\u00C3\u00A4/A: 1/B: 2/A: 3//hello/",
                "'insertHeader','index':0,'name':'N','value':'v' | N: v/A: 1/B: 2/A: 3//hello/",
                "'insertHeader','index':2,'name':'N','value':'v' | A: 1/B: 2/N: v/A: 3//hello/",
                "'insertHeader','index':2000000000,'name':'N','value':'v' | A: 1/B: 2/A: 3/N: v//hello/",
                "'changeHeader','index':2,'name':'a','value':'4' | A: 1/B: 2/a: 4//hello/",
                "'changeHeader','index':3,'name':'A','value':'4' | A: 1/B: 2/A: 3/A: 4//hello/",
                "'deleteHeader','index':2,'name':'a' | A: 1/B: 2//hello/",
                "'deleteHeader','index':1,'name':'C' | A: 1/B: 2/A: 3//hello/",
                "'replaceContents','value':'x\\ry\\n.\\r\\nz\u00E4' | A: 1/B: 2/A: 3//x/y/./z\u00C3\u00A4/",
            })
    void a_message_is_changed(String change, String message) {
        hook.answers("{'action':'accept','modifications':[{'type':" + change + "}]}");
        Dialogue client = client(asking());
        for (boolean chunks : new boolean[] {false, true}) {
            send(client.envelope(), chunks).hears("250");
        }
        String wanted = message.replace("/", "\r\n");
        assertThat(destination.messages()).containsExactly(wanted.replace("\r\n.", "\r\n.."), wanted);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'changeFrom','value':'new@x.test' | MAIL FROM:<new@x.test> BODY=8BITMIME | RCPT TO:<b@dest.test>",
                "'changeFrom','value':'','parameters':{'ret':'HDRS','body':'7BIT'}"
                        + " | MAIL FROM:<> body=7BIT ret=HDRS | RCPT TO:<b@dest.test>",
                "'changeFrom','value':'<n@x.test>','parameters':{'SIZE':5,'SMTPUTF8':null}"
                        + " | MAIL FROM:<n@x.test> BODY=8BITMIME SIZE=5 SMTPUTF8 | RCPT TO:<b@dest.test>",
                "'addRecipient','value':'c@dest.test','parameters':{'NOTIFY':'NEVER'}"
                        + " | MAIL FROM:<a@client.test> BODY=8BITMIME"
                        + " | RCPT TO:<b@dest.test>;RCPT TO:<c@dest.test> NOTIFY=NEVER",
                "'changeFrom','value':'new@x.test'},{'type':'addRecipient','value':'b@dest.test'"
                        + " | MAIL FROM:<new@x.test> BODY=8BITMIME | RCPT TO:<b@dest.test>",
            })
    void the_envelope_is_changed(String change, String mail, String rcpts) {
        hook.answers("{'action':'accept','modifications':[{'type':" + change + "}]}");
        Dialogue client = client(asking());
        client.says("MAIL FROM:<a@client.test> BODY=8BITMIME").hears("250");
        client.says("RCPT TO:<b@dest.test>").hears("250");
        send(client, true).hears("250");
        assertThat(destination.heard("MAIL")).last().asString().isEqualTo(mail);
        List<String> heard = destination.heard("RCPT");
        assertThat(String.join(";", heard.subList(1, heard.size()))).isEqualTo(rcpts);
    }

    @Test
    void a_recipient_is_removed_without_regard_to_case_and_a_message_for_nobody_is_refused() {
        hook.answers("{'action':'accept','modifications':[{'type':'deleteRecipient','value':'B@dest.test'}]}");
        Dialogue client = client(asking()).envelope();
        send(client.says("RCPT TO:<c@dest.test>").hears("250"), false).hears("250");
        assertThat(destination.heard("RCPT")).last().isEqualTo("RCPT TO:<c@dest.test>");
        send(client.envelope(), false).hears("554 5.5.1 No valid recipients");
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void an_envelope_that_the_destination_refuses_is_not_accepted() {
        destination.on("RCPT TO:<nobody@").reply("550 5.1.1 No such user");
        hook.answers("{'action':'accept','modifications':[{'type':'addRecipient','value':'nobody@dest.test'}]}");
        send(client(asking()).envelope(), false).hears("451 4.3.0");
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_message_for_quarantine_is_marked_or_goes_elsewhere(boolean chunks) {
        hook.answers("{'action':'quarantine','modifications':[{'type':'addHeader','name':'N','value':'v'}]}");
        send(client(asking()).envelope(), "X-Quarantine: no\r\n" + MESSAGE, chunks)
                .hears("250");
        String marked = "X-Quarantine: hook\r\nN: v\r\n" + MESSAGE;
        assertThat(destination.messages()).containsExactly(marked);
        ScriptedDestination other = anotherDestination();
        send(client(asking().quarantineTo(other.destination())).envelope(), chunks)
                .hears("250");
        assertThat(other.messages()).containsExactly(marked);
        assertThat(destination.messages()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_message_to_be_discarded_goes_as_it_is_where_the_host_program_keeps_such(boolean chunks) {
        hook.answers("{'action':'discard','modifications':[{'type':'addHeader','name':'N','value':'v'}]}");
        ScriptedDestination other = anotherDestination();
        send(client(asking().onDiscard(OnDiscard.routeTo(other.destination()))).envelope(), chunks)
                .hears("250");
        assertThat(other.messages()).containsExactly(MESSAGE);
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"CONNECT, 1", "EHLO, 1", "MAIL, 1", "RCPT, 2", "DATA, 1"})
    void each_stage_is_asked_about_and_holds_what_it_refuses(HookStage stage, int questions) {
        AskHook asking = asking().stages(stage);
        Dialogue client = client(asking).envelope();
        client.says("RCPT TO:<c@dest.test>").hears("250");
        send(client, false).hears("250");
        assertThat(hook.requests()).hasSize(questions);
        assertThat(told("context")).containsEntry("stage", stage.toString());
        assertThat(told().containsKey("message")).isEqualTo(stage == HookStage.DATA);
        assertThat(told().containsKey("envelope")).isEqualTo(stage.compareTo(HookStage.MAIL) >= 0);
        assertThat(verdicts).allMatch(v -> v.rule().equals(stage + " accept")).hasSize(questions);
        hook.answers("{'action':'reject','response':{'status':550,'message':'not you'}}");
        Dialogue refused = clientOf(with(asking));
        int before = destination.messages().size();
        refuse(refused, stage, "550 5.7.1 not you (s");
        assertThat(destination.messages()).hasSize(before);
    }

    private static void refuse(Dialogue client, HookStage stage, String reply) {
        client.hears(stage == HookStage.CONNECT ? reply : "220");
        if (stage == HookStage.CONNECT) {
            return;
        }
        client.says("EHLO client.test").hears(stage == HookStage.EHLO ? reply : "250");
        if (stage == HookStage.EHLO) {
            return;
        }
        client.says("MAIL FROM:<a@client.test>").hears(stage == HookStage.MAIL ? reply : "250");
        client.says("RCPT TO:<b@dest.test>")
                .hears(stage == HookStage.MAIL ? "503" : stage == HookStage.RCPT ? reply : "250");
        if (stage == HookStage.DATA) {
            send(client, false).hears(reply);
        } else {
            client.says("DATA").hears(stage == HookStage.MAIL ? "503" : "5");
        }
    }

    @Test
    void the_recipient_in_question_is_the_last_one() {
        destination.on("RCPT TO:<nobody@").reply("550 5.1.1 No such user");
        Dialogue client = client(asking().stages(HookStage.RCPT)).envelope();
        client.says("RCPT TO:<nobody@dest.test>")
                .hears("550")
                .says("RCPT TO:<c@dest.test>")
                .hears("250");
        assertThat(told("envelope").get("to").toString())
                .containsSubsequence("b@dest.test", "c@dest.test")
                .doesNotContain("nobody");
    }

    @ParameterizedTest
    @CsvSource({
        "CONNECT, DEFER, 421 4.7.1", "EHLO, DEFER, 451 4.7.1", "MAIL, DEFER, 451 4.7.1", "RCPT, DEFER, 451 4.7.1",
        "CONNECT, PASS, 220", "EHLO, PASS, 250", "MAIL, PASS, 250", "RCPT, PASS, 250",
    })
    void a_hook_that_is_down_defers_at_each_stage_or_is_as_if_not_there(HookStage stage, WhenDown then, String reply) {
        hook.fails(Trouble.STATUS_500);
        Dialogue client = clientOf(with(asking().stages(stage).whenDown(then)));
        if (then == WhenDown.PASS) {
            send(client.greets().envelope(), false).hears("250");
        } else {
            hearsAt(client, stage, reply);
        }
        assertThat(verdicts).singleElement().matches(v -> v.rule().equals(stage + " down"));
        assertThat(log.lines()).anyMatch(line -> line.contains("no hook can be asked at " + stage));
    }

    private static void hearsAt(Dialogue client, HookStage stage, String reply) {
        String[] lines = {"EHLO client.test", "MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>"};
        client.hears(stage == HookStage.CONNECT ? reply : "220");
        for (int i = 0; i < stage.ordinal(); i++) {
            client.says(lines[i]).hears(i == stage.ordinal() - 1 ? reply : "250");
        }
    }

    @Test
    void a_slow_hook_is_waited_for_no_longer_than_its_limit_at_a_command_too() {
        hook.fails(Trouble.SLOW);
        Dialogue client = client(asking().stages(HookStage.MAIL).within(Duration.ofMillis(100)));
        client.says("MAIL FROM:<a@client.test>").hears("451 4.7.1");
    }

    @Test
    void a_message_that_has_not_come_is_not_changed() {
        hook.answers("{'action':'accept','modifications':[{'type':'changeFrom','value':'x@y.test'}]}");
        client(asking().stages(HookStage.MAIL))
                .says("MAIL FROM:<a@client.test>")
                .hears("451 4.7.1");
    }

    @ParameterizedTest
    @EnumSource(names = "DATA", mode = EnumSource.Mode.EXCLUDE)
    void what_is_said_early_of_a_message_is_carried_out_when_it_comes(HookStage stage) {
        hook.answers("{'action':'quarantine'}");
        Dialogue client = client(asking().stages(stage));
        send(client.envelope(), true).hears("250");
        assertThat(destination.messages()).containsExactly("X-Quarantine: hook\r\n" + MESSAGE);
        hook.answers("{'action':'accept'}");
        send(client.envelope(), true).hears("250");
        boolean ofSession = stage.compareTo(HookStage.MAIL) < 0;
        assertThat(destination.messages()).last().asString().matches(m -> m.startsWith("X-Q") == ofSession);
    }

    @ParameterizedTest
    @CsvSource({"discard, quarantine", "quarantine, discard"})
    void the_severest_fate_counts(String ofRecipient, String ofMessage) {
        ScriptedDestination discarded = anotherDestination();
        ScriptedDestination quarantine = anotherDestination();
        Dialogue client = client(Filters.together(asking().stages(HookStage.RCPT, HookStage.DATA)
                .onDiscard(OnDiscard.routeTo(discarded.destination()))
                .quarantineTo(quarantine.destination())));
        hook.answers("{'action':'" + ofRecipient + "'}");
        client.envelope();
        hook.answers("{'action':'accept'}");
        client.says("RCPT TO:<c@dest.test>").hears("250");
        hook.answers("{'action':'" + ofMessage + "'}");
        send(client, false).hears("250");
        assertThat(discarded.messages()).hasSize(1);
        assertThat(quarantine.messages()).isEmpty();
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void what_is_said_of_a_refused_recipient_is_not_of_the_others() {
        ScriptedDestination discarded = anotherDestination();
        destination.on("RCPT TO:<b@").reply("550 5.1.1 No such user");
        Dialogue client = client(
                asking().stages(HookStage.RCPT, HookStage.DATA).onDiscard(OnDiscard.routeTo(discarded.destination())));
        client.says("MAIL FROM:<a@client.test>").hears("250");
        hook.answers("{'action':'discard'}");
        client.says("RCPT TO:<b@dest.test>").hears("550 5.1.1");
        hook.answers("{'action':'accept'}");
        client.says("RCPT TO:<c@dest.test>").hears("250");
        send(client, false).hears("250");
        assertThat(discarded.messages()).isEmpty();
        assertThat(destination.messages()).hasSize(1);
    }

    @Test
    void a_message_that_another_filter_routes_goes_to_quarantine_all_the_same() {
        hook.answers("{'action':'quarantine'}");
        ScriptedDestination other = anotherDestination();
        ScriptedDestination quarantine = anotherDestination();
        SmtpProxyBuilder proxy = proxy().filter(
                        ContentFilters.changing(message -> message.routedTo(other.destination())))
                .filter(asking().quarantineTo(quarantine.destination()));
        send(clientOf(proxy).greets().envelope(), false).hears("250");
        assertThat(quarantine.messages()).hasSize(1);
        assertThat(other.messages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = "CONNECT", mode = EnumSource.Mode.EXCLUDE)
    void a_client_that_is_to_go_hears_the_refusal_and_then_the_end(HookStage stage) {
        hook.answers("{'action':'reject','response':{'status':550,'message':'not you','disconnect':true}}");
        Dialogue client = clientOf(with(asking().stages(stage)));
        refuseOnce(client, stage);
        String[] next = {"", "EHLO client.test", "MAIL FROM:<a@client.test>", "RCPT TO:<c@dest.test>", "NOOP"};
        client.says(next[stage.ordinal()])
                .hears("421 4.7.0 This session has ended (s")
                .hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
    }

    private static void refuseOnce(Dialogue client, HookStage stage) {
        String[] lines = {"EHLO client.test", "MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>"};
        client.hears("220");
        for (int i = 0; i < Math.min(3, stage.ordinal()); i++) {
            client.says(lines[i]).hears(i == stage.ordinal() - 1 ? "550 5.7.1 not you" : "250");
        }
        if (stage == HookStage.DATA) {
            send(client, false).hears("550 5.7.1 not you");
        }
    }

    @Test
    void a_message_does_not_slip_through_behind_a_refusal_that_ends_the_session() {
        Dialogue client = client(asking().stages(HookStage.RCPT)).envelope();
        hook.answers("{'action':'reject','response':{'disconnect':true}}");
        client.says("RCPT TO:<c@dest.test>").hears("550");
        send(client, false).hears("421 4.7.0").hearsTheEnd();
        assertThat(destination.messages()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void behind_a_pool_it_is_the_same(boolean chunks, boolean accepted) {
        hook.answers("{'action':'" + (accepted ? "accept" : "reject") + "'}");
        SmtpProxy proxy = started(with(asking()).multiplexing(Pool.max(1)));
        Dialogue client = clientOf(proxy).greets();
        send(client.envelope(), chunks).hears(accepted ? "250" : "550");
        send(client.envelope(), chunks).hears(accepted ? "250" : "550");
        assertThat(destination.messages()).hasSize(accepted ? 2 : 0);
        proxy.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'action':'reject','response':{'disconnect':true}}",
                "{'action':'discard'}",
                "{'action':'accept','modifications':[{'type':'replaceContents','value':'other'}]}",
                "{'action':'quarantine'}",
                "no JSON",
            })
    void one_that_is_only_observed_changes_nothing(String json) {
        hook.answers(json);
        Dialogue client = client(Observe.only(asking().stages(HookStage.MAIL, HookStage.RCPT, HookStage.DATA)));
        for (boolean chunks : new boolean[] {false, true}) {
            send(client.envelope(), chunks).hears("250");
        }
        assertThat(destination.messages()).containsExactly(MESSAGE, MESSAGE);
        assertThat(hook.requests()).isNotEmpty();
    }

    @Test
    void trusted_clients_are_exempt_unless_it_is_said_otherwise() {
        hook.answers("{'action':'reject'}");
        AskHook usual = AskHook.at(hook.url()).stages(HookStage.CONNECT, HookStage.values());
        send(client(usual).envelope(), false).hears("250");
        assertThat(hook.requests()).isEmpty();
    }

    @Test
    void what_was_said_of_a_client_that_logs_in_is_forgotten() {
        hook.answers("{'action':'quarantine'}");
        SmtpProxyBuilder proxy = proxy(
                        ENDPOINT.authenticate((user, password) -> true).plaintextAuthentication(true))
                .filter(asking().stages(HookStage.CONNECT).exempt(Clients.authenticated()));
        Dialogue client = clientOf(proxy).greets();
        client.says("AUTH PLAIN AGFsaWNlAHg=").hears("235");
        send(client.envelope(), false).hears("250");
        assertThat(hook.requests()).hasSize(1);
        assertThat(destination.messages()).containsExactly(MESSAGE);
    }

    @Test
    void what_it_said_is_a_verdict_and_an_attribute() {
        hook.answers("{'action':'quarantine'}");
        send(client(asking()).envelope(), false).hears("250");
        assertThat(verdicts).singleElement().asString().matches("AskHook PASS data quarantine \\d+ms");
        assertThat(actions).containsExactly(HookAction.QUARANTINE);
        hook.answers("{'action':'reject'}");
        send(client(asking()).envelope(), false).hears("550");
        assertThat(verdicts).last().asString().matches("AskHook REFUSE data reject \\d+ms");
    }

    @ParameterizedTest
    @EnumSource
    void a_message_that_is_too_large_is_not_sent_to_it(WhenTooLarge then) {
        String reply = then == WhenTooLarge.PASS ? "250" : then == WhenTooLarge.DEFER ? "451 4.7.1" : "552 5.3.4";
        Dialogue client = client(asking().largest(MESSAGE.length(), then));
        send(client.envelope(), MESSAGE + "x\r\n", false).hears(reply);
        assertThat(hook.requests()).isEmpty();
        send(client.envelope(), false).hears("250");
        assertThat(hook.requests()).hasSize(1);
        hook.answers(413, "");
        send(client.envelope(), false).hears(reply);
    }

    @Test
    void a_large_message_reaches_it_whole() {
        String line = "0123456789abcdef".repeat(4) + "\r\n";
        String message = "A: 1\r\n\r\n" + line.repeat(30_000);
        hook.answers("{'action':'accept','modifications':[{'type':'addHeader','name':'N','value':'v'}]}");
        send(client(asking()).envelope(), message, true).hears("250");
        assertThat(told("message").get("contents").toString()).isEqualTo(message.substring(8));
        assertThat(destination.messages()).containsExactly("N: v\r\n" + message);
    }

    @Test
    void beside_another_scanner_both_decide() {
        hook.answers("{'action':'accept'}");
        try (ScriptedHook other = ScriptedHook.start()) {
            other.answers("{'action':'reject','response':{'message':'by the other'}}");
            AskHook second = AskHook.at(other.url()).exempt(Clients.none());
            send(client(Filters.together(asking(), second)).envelope(), false).hears("550 5.7.1 by the other");
        }
    }

    @Test
    void filters_behind_it_see_what_it_changed() {
        List<String> seen = new CopyOnWriteArrayList<>();
        hook.answers("{'action':'accept','modifications':[{'type':'replaceContents','value':'other\\n'}]}");
        SmtpProxyBuilder proxy = with(asking()).filter(ContentFilters.looking((message, next) -> {
            seen.add(ContentFilters.read(message.content()));
            return next.proceed(message);
        }));
        send(clientOf(proxy).greets().envelope(), false).hears("250");
        assertThat(seen).containsExactly("other\r\n");
    }

    @Test
    void credentials_reach_the_hook_and_nobody_else() {
        AskHook hooks = AskHook.at(hook.url() + "/secret-path?key=secret-key", hook.url())
                .exempt(Clients.none());
        Dialogue bearer = client(hooks.bearer("secret-token"));
        send(bearer.envelope(), false).hears("250");
        assertThat(hook.requests().get(0).path()).isEqualTo("/hook/secret-path?key=secret-key");
        assertThat(hook.requests().get(0).authorization()).isEqualTo("Bearer secret-token");
        hook.fails(Trouble.STATUS_500);
        send(bearer.envelope(), false).hears(LATER);
        send(client(hooks.basic("us\u00E4r", "secret-word")).envelope(), false).hears(LATER);
        assertThat(hook.requests())
                .last()
                .matches(r -> r.authorization()
                        .equals("Basic "
                                + Base64.getEncoder()
                                        .encodeToString("us\u00E4r:secret-word".getBytes(StandardCharsets.UTF_8))));
        assertThat(String.join("\n", log.lines())).contains("cannot be asked").doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "127.0.0.1:80",
                "ftp://x",
                "http://",
                "http:///x",
                "http://a b",
                "http://x#f",
                "http://x:0/",
                "http://x:65536/",
                "http://u:secret@x/",
                "https://x/secret path",
                "http://x?secret=\u0001"
            })
    void an_address_that_is_none_is_refused(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AskHook.at(url))
                .withMessageStartingWith("hook must be like http://")
                .withMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\r\nX: y", "secr\u00E9t"})
    void credentials_that_are_none_are_refused_and_not_repeated(String token) {
        AskHook asking = asking();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> asking.bearer(token))
                .withMessageNotContaining("secr");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> asking.basic("a:b", "secret"))
                .withMessageNotContaining("secret");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> asking.basic("a", "secret\n"))
                .withMessageNotContaining("secret");
    }
}
