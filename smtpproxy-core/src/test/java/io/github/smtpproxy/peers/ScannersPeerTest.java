package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Filters;
import io.github.smtpproxy.filters.clamav.ScanWithClamAv;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.filters.spamassassin.ScanWithSpamAssassin;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages past a real rspamd, spamd and clamd. */
@Tag("servers")
class ScannersPeerTest {

    private static final List<AutoCloseable> DAEMONS = new ArrayList<>();
    private static RspamdServer rspamd;
    private static SpamdServer spamd;
    private static ClamdServer clamd;

    private final NothingLeft ending = new NothingLeft();
    private final ScriptedDestination destination = ending.startDestination();
    private final List<Dialogue> clients = new ArrayList<>();
    private final List<Verdict> verdicts = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void startDaemons() {
        DAEMONS.add(rspamd = RspamdServer.start());
        DAEMONS.add(spamd = SpamdServer.start());
        DAEMONS.add(clamd = ClamdServer.start());
    }

    @AfterAll
    static void stopDaemons() throws Exception {
        for (AutoCloseable daemon : DAEMONS) {
            daemon.close();
        }
        DAEMONS.clear();
    }

    @AfterEach
    void close() {
        clients.forEach(Dialogue::close);
        ending.close();
    }

    private static Filter filter(String name) {
        return switch (name) {
            case "rspamd" -> ScanWithRspamd.at(rspamd.url()).exempt(Clients.none());
            case "spamd" -> ScanWithSpamAssassin.at(spamd.address()).exempt(Clients.none());
            case "spamd-socket" -> ScanWithSpamAssassin.at(spamd.socket()).exempt(Clients.none());
            case "clamd" -> ScanWithClamAv.at(clamd.address()).exempt(Clients.none());
            case "clamd-socket" -> ScanWithClamAv.at(clamd.socket()).exempt(Clients.none());
            default -> throw new IllegalArgumentException(name);
        };
    }

    private Dialogue client(Filter filter) {
        destination.takesChunks();
        SmtpProxy proxy = ending.start(SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).received(false).xclientFrom(AddressRange.parse("127.0.0.1")))
                .router(Router.to(destination.destination()))
                .filter(filter)
                .listener(new ProxyListener() {
                    @Override
                    public void verdict(Session session, Verdict verdict) {
                        verdicts.add(verdict);
                    }
                }));
        Dialogue client = Dialogue.with(proxy.address());
        clients.add(client);
        return client.greets();
    }

    private static Dialogue send(Dialogue client, boolean chunks, String message) {
        client.envelope();
        return chunks
                ? client.sends("BDAT " + message.length() + " LAST\r\n" + message)
                : client.says("DATA").hears("354").sends(message.replace("\r\n.", "\r\n..") + ".\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "rspamd, false, 554 5.7.1 Gtube pattern (",
        "rspamd, true, 554 5.7.1 Gtube pattern (",
        "spamd, false, '554 5.7.1 Spam message rejected, score 1000.0 of 5.0: GTUBE ('",
        "spamd, true, '554 5.7.1 Spam message rejected, score 1000.0 of 5.0: GTUBE ('",
        "spamd-socket, false, 554 5.7.1 Spam message rejected",
    })
    void gtube_is_refused_by_name_and_the_next_message_passes(String name, boolean chunks, String reply) {
        Dialogue client = client(filter(name));
        send(client, chunks, "Subject: a\r\n\r\n" + SpamdServer.GTUBE + "\r\n").hears(reply);
        assertThat(destination.messages()).isEmpty();
        send(client, chunks, "Subject: a\r\n\r\nfine\r\n").hears("250");
        assertThat(destination.messages()).singleElement().asString().endsWith("Subject: a\r\n\r\nfine\r\n");
        assertThat(verdicts)
                .extracting(Verdict::decision)
                .containsExactly(Verdict.Decision.REFUSE, Verdict.Decision.PASS);
        assertThat(verdicts.get(0).rule()).contains("GTUBE");
        assertThat(verdicts.get(0).score()).isPresent();
    }

    @ParameterizedTest
    @CsvSource({"clamd, false", "clamd, true", "clamd-socket, false", "clamd-socket, true"})
    void eicar_is_refused_by_name_and_the_next_message_passes(String name, boolean chunks) {
        Dialogue client = client(filter(name));
        send(client, chunks, "Subject: a\r\n\r\n" + ClamdServer.EICAR + "\r\n")
                .hears("554 5.7.1 Virus found: Eicar-Test-Signature.UNOFFICIAL (");
        assertThat(destination.messages()).isEmpty();
        send(client, chunks, "Subject: a\r\n\r\nfine\r\n").hears("250");
        assertThat(destination.messages()).containsExactly("Subject: a\r\n\r\nfine\r\n");
        assertThat(verdicts.get(0).rule()).isEqualTo("Eicar-Test-Signature.UNOFFICIAL");
    }

    @Test
    void what_is_often_mistaken_can_be_tagged_instead() {
        Filter tagging =
                ScanWithClamAv.at(clamd.address()).exempt(Clients.none()).tag(name -> name.startsWith("PUA."));
        Dialogue client = client(tagging);
        send(client, false, "X-Virus-Found: none\r\nSubject: a\r\n\r\n" + ClamdServer.UNWANTED + "\r\n")
                .hears("250");
        assertThat(destination.messages())
                .containsExactly(
                        "X-Virus-Found: PUA.Test.UNOFFICIAL\r\nSubject: a\r\n\r\n" + ClamdServer.UNWANTED + "\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void above_the_stream_length_of_clamd_a_message_is_too_large_and_clamd_is_not_down(boolean chunks) {
        Dialogue client = client(filter("clamd"));
        String body = ("x".repeat(76) + "\r\n").repeat(60_000);
        send(client, chunks, "Subject: a\r\n\r\n" + body).hears("250");
        assertThat(destination.messages()).containsExactly("Subject: a\r\n\r\n" + body);
        assertThat(verdicts).singleElement().extracting(Verdict::rule).isEqualTo("too large");
    }

    @ParameterizedTest
    @CsvSource({
        "soft reject, 451 4.7.1 Asked for by the test (",
        "reject, 554 5.7.1 Asked for by the test (",
        "greylist, 250",
        "no action, 250",
        "add header, 250",
    })
    void rspamds_actions(String action, String reply) {
        Dialogue client = client(filter("rspamd"));
        send(client, false, "X-Spam: no\r\nX-Test-Action: " + action + "\r\n\r\na\r\n")
                .hears(reply);
        String marked = "X-Spam: Yes\r\nX-Old-Spam: no\r\n";
        assertThat(destination.messages()).allMatch(m -> m.startsWith(marked) == action.equals("add header"));
    }

    @Test
    void rspamd_rewrites_the_subject() {
        Dialogue client = client(filter("rspamd"));
        send(client, false, "Subject: hello\r\nX-Test-Score: 9\r\n\r\na\r\n").hears("250");
        assertThat(destination.messages()).containsExactly("Subject: ***SPAM*** hello\r\nX-Test-Score: 9\r\n\r\na\r\n");
    }

    @Test
    void rspamd_adds_and_removes_fields() {
        Dialogue client = client(filter("rspamd"));
        send(client, true, "X-Gone: 1\r\nX-Second: 1\r\nX-Gone: 2\r\nX-Second: 2\r\nX-Test-Milter: 1\r\n\r\na\r\n")
                .hears("250");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .contains(
                        "X-Added: one\r\n", "X-Two: a\r\nX-Two: b\r\n", "X-Second: 1\r\nX-Test-Milter: 1\r\n\r\na\r\n")
                .doesNotContain("X-Gone", "X-Second: 2");
    }

    @Test
    void the_daemons_know_the_client_and_the_envelope() {
        Dialogue client = client(Filters.together(filter("rspamd"), filter("spamd")));
        client.says("XCLIENT ADDR=203.0.113.9 HELO=far.test LOGIN=alice")
                .hears("220")
                .says("EHLO far.test")
                .hears("250");
        send(client, false, "Subject: a\r\nX-Test-Seen: 1\r\n\r\na\r\n").hears("250");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .contains("X-Seen: alice 203.0.113.9 far.test a@client.test 1\r\n")
                .contains("X-Spam-Status: No, score=0.5 required=5.0 tests=TEST_CLIENT");
    }

    @Test
    void a_negative_score_passes_with_its_fields_and_spoofed_ones_are_renamed() {
        Dialogue client = client(filter("spamd"));
        send(client, false, "X-Spam-Status: No, score=-100\r\nX-Test: good\r\n\r\na\r\n")
                .hears("250");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .contains("X-Spam-Status: No, score=-7.5 required=5.0 tests=TEST_GOOD")
                .contains("\r\nX-Old-Spam-Status: No, score=-100\r\n");
        assertThat(verdicts.get(0).score()).hasValue(-7.5);
    }

    @Test
    void spam_below_the_score_from_which_it_is_refused_passes_marked() {
        Filter lenient =
                ScanWithSpamAssassin.at(spamd.address()).exempt(Clients.none()).refuseFrom(15);
        Dialogue client = client(lenient);
        send(client, false, "X-Test: bad\r\n\r\na\r\n").hears("250");
        assertThat(destination.messages()).singleElement().asString().contains("X-Spam-Status: Yes, score=6.0");
        send(client, false, "Subject: a\r\n\r\n" + SpamdServer.GTUBE + "\r\n").hears("554 5.7.1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void together_a_refusal_counts_whoever_finds_it(boolean virusFirst) {
        Filter together = virusFirst
                ? Filters.together(filter("clamd"), filter("rspamd"))
                : Filters.together(filter("rspamd"), filter("clamd"));
        Dialogue client = client(together);
        send(client, false, "Subject: a\r\n\r\n" + ClamdServer.EICAR + "\r\n").hears("554 5.7.1 Virus found");
        send(client, false, "Subject: a\r\n\r\n" + SpamdServer.GTUBE + "\r\n").hears("554 5.7.1 Gtube");
        String both = "Subject: a\r\n\r\n" + SpamdServer.GTUBE + "\r\n" + ClamdServer.EICAR + "\r\n";
        send(client, false, both).hears(virusFirst ? "554 5.7.1 Virus" : "554 5.7.1 Gtube");
        assertThat(destination.messages()).isEmpty();
    }
}
