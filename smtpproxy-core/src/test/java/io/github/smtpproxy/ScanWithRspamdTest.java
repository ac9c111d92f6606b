package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoopbackServer;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What rspamd is sent, and what is done of its replies that a real one seldom gives. */
@Timeout(60)
class ScanWithRspamdTest extends ProxyTest {

    private static final String MESSAGE = "Subject: a\r\n\r\nhello\r\n";

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile String reply = "{\"action\":\"no action\",\"score\":0,\"required_score\":15}";
    private volatile String rewritten = "";
    private final LoopbackServer rspamd = LoopbackServer.start(this::serve);

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    @AfterEach
    void close() {
        rspamd.close();
    }

    /** Reads a request whose length is that of the message, or of one that it has a field for. */
    private void serve(Socket connection) throws IOException {
        StringBuilder request = new StringBuilder();
        int end = -1;
        while (end < 0 || request.length() < end + length(request)) {
            request.append((char) connection.getInputStream().read());
            int empty = request.indexOf("\r\n\r\n");
            end = empty < 0 ? -1 : empty + 4;
        }
        requests.add(request.toString());
        String offset = rewritten.isEmpty() ? "" : "Message-Offset: " + reply.length() + "\r\n";
        connection
                .getOutputStream()
                .write(("HTTP/1.1 200 OK\r\n" + offset + "\r\n" + reply + rewritten)
                        .getBytes(StandardCharsets.ISO_8859_1));
    }

    private static int length(StringBuilder request) {
        int at = request.indexOf("Content-Length: ") + "Content-Length: ".length();
        return Integer.parseInt(request.substring(at, request.indexOf("\r\n", at)));
    }

    private ScanWithRspamd scanner() {
        return ScanWithRspamd.at("http://127.0.0.1:" + rspamd.address().getPort())
                .exempt(Clients.none());
    }

    private Dialogue client(ScanWithRspamd scanner) {
        return clientOf(proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")))
                        .filter(scanner))
                .greets();
    }

    private static Dialogue send(Dialogue client, boolean chunks) {
        return chunks
                ? client.sends("BDAT " + MESSAGE.length() + " LAST\r\n" + MESSAGE)
                : client.says("DATA").hears("354").sends(MESSAGE + ".\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_request_tells_of_client_and_envelope_and_never_claims_to_be_a_milter(boolean chunks) {
        Dialogue client = client(scanner().settingsId("ours").mtaName("mx.test"));
        client.says("XCLIENT ADDR=203.0.113.9 HELO=far.test LOGIN=alice")
                .hears("220")
                .says("EHLO far.test")
                .hears("250");
        client.envelope().says("RCPT TO:<c@dest.test>").hears("250");
        send(client, chunks).hears("250");
        assertThat(requests)
                .singleElement()
                .asString()
                .startsWith("POST /checkv2 HTTP/1.0\r\n")
                .contains("\r\nIP: 203.0.113.9\r\n", "\r\nHelo: far.test\r\n", "\r\nFrom: a@client.test\r\n")
                .contains("\r\nRcpt: b@dest.test\r\nRcpt: c@dest.test\r\n", "\r\nUser: alice\r\n")
                .contains("\r\nSettings-ID: ours\r\n", "\r\nMTA-Name: mx.test\r\n", "\r\nQueue-ID: s")
                .contains("\r\nPass: all\r\n", "\r\nFlags: body_block,groups\r\n")
                .endsWith("\r\n\r\n" + MESSAGE)
                .doesNotContain("milter", "Deliver-To", "File:", "Path:", "Shm:");
    }

    @Test
    void one_recipient_is_named_for_his_own_settings_and_none_is_a_user_without_a_login() {
        Dialogue client = client(scanner());
        client.says("MAIL FROM:<>").hears("250").says("RCPT TO:<b@dest.test>").hears("250");
        send(client, false).hears("250");
        assertThat(requests.get(0))
                .contains("\r\nFrom: \r\n", "\r\nRcpt: b@dest.test\r\n", "\r\nDeliver-To: b@dest.test\r\n")
                .doesNotContain("User:", "TLS-");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'action':'reject','milter':{'no_action':true}} | 250",
                "{'action':'no action','milter':{'reject':'discard'}} | 554 5.7.1 Spam message rejected (",
                "{'action':'soft reject','messages':{'smtp_message':'Later\\r\\n250 no'}} | 451 4.7.1 Later 250 no (",
                "{'action':'of the future'} | 250",
                "{} | 250",
                "[] | 451 4.7.1 Cannot scan",
                "{'action' | 451 4.7.1 Cannot scan",
            })
    void odd_replies(String json, String heard) {
        reply = json.replace('\'', '"');
        send(client(scanner()).envelope(), false).hears(heard);
        assertThat(destination.messages()).hasSize(heard.equals("250") ? 1 : 0);
    }

    @ParameterizedTest
    @CsvSource({"false, true", "true, true", "false, false", "true, false"})
    void what_is_to_be_discarded_goes_where_the_host_program_keeps_such_mail(boolean chunks, boolean there) {
        String ignored = there ? "" : ",\"no_action\":true";
        reply = "{\"action\":\"no action\",\"milter\":{\"reject\":\"discard\"" + ignored + "}}";
        ScriptedDestination quarantine = anotherDestination();
        ScanWithRspamd scanner = scanner().onDiscard(OnDiscard.routeTo(quarantine.destination()));
        send(client(scanner).envelope(), chunks).hears("250");
        assertThat(quarantine.messages()).hasSize(there ? 1 : 0);
        assertThat(destination.messages()).hasSize(there ? 0 : 1);
    }

    @Test
    void the_envelope_changes_by_a_transaction_of_its_own() {
        reply = "{\"action\":\"no action\",\"milter\":{\"change_from\":\"new@client.test\","
                + "\"add_rcpt\":[\"more@dest.test\"],\"del_rcpt\":[\"b@dest.test\"]}}";
        send(client(scanner()).envelope(), true).hears("250");
        assertThat(destination.heard("MAIL")).last().asString().startsWith("MAIL FROM:<new@client.test>");
        assertThat(destination.heard("RCPT")).last().isEqualTo("RCPT TO:<more@dest.test>");
    }

    @Test
    void a_quarantined_message_passes_with_a_field_and_signatures_go_on_top() {
        reply = "{\"action\":\"no action\",\"milter\":{\"reject\":\"quarantine\"},"
                + "\"dkim-signature\":[\"v=1; a=one;\\n\\tb=x\",\"v=1; a=two\"]}";
        send(client(scanner()).envelope(), false).hears("250");
        assertThat(destination.messages())
                .containsExactly(
                        "X-Quarantine: rspamd\r\nDKIM-Signature: v=1; a=one; b=x\r\nDKIM-Signature: v=1; a=two\r\n"
                                + MESSAGE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'add_headers':{'N':'v'} | N: v/A: 1/B: 2/A: 3/",
                "'add_headers':{'N':{'value':'v','order':0}} | N: v/A: 1/B: 2/A: 3/",
                "'add_headers':{'N':{'value':'v','order':1}} | A: 1/N: v/B: 2/A: 3/",
                "'add_headers':{'N':[{'value':'v','order':-1},'w']} | N: w/A: 1/B: 2/A: 3/N: v/",
                "'add_headers':{'N':{'value':'v','order':99}} | A: 1/B: 2/A: 3/N: v/",
                "'add_headers':{'N':{'value':'v','order':-99}} | N: v/A: 1/B: 2/A: 3/",
                "'remove_headers':{'a':0} | B: 2/",
                "'remove_headers':{'A':2} | A: 1/B: 2/",
                "'remove_headers':{'A':-1} | A: 1/B: 2/",
                "'remove_headers':{'A':[1,-1,2]} | B: 2/",
                "'remove_headers':{'A':-3} | A: 1/B: 2/A: 3/",
                "'remove_headers':{'A':'x'} | B: 2/",
            })
    void fields_are_added_and_removed_at_their_places(String changes, String header) {
        rewritten = "A: 1\nB: 2\nA: 3\n\nbody\n";
        reply = ("{'action':'no action','milter':{" + changes + "}}").replace('\'', '"');
        send(client(scanner()).envelope(), false).hears("250");
        assertThat(destination.messages()).containsExactly(header.replace("/", "\r\n") + "\r\nbody\r\n");
    }

    @Test
    void a_rewritten_message_takes_the_place_of_the_clients() {
        rewritten = "Subject: other\n\nbody\n";
        send(client(scanner()).envelope(), true).hears("250");
        assertThat(destination.messages()).containsExactly("Subject: other\r\n\r\nbody\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "127.0.0.1:11333", "ftp://x", "http://", "http://x/path", "http://x?q", "http://a b"})
    void what_is_no_address_is_an_error(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ScanWithRspamd.at(url))
                .withMessageContaining("rspamd must be");
    }
}
