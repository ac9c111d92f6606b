package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ScriptedMilter.frame;
import static io.github.smtpproxy.testing.ScriptedMilter.number;
import static io.github.smtpproxy.testing.ScriptedMilter.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.filters.milter.AskMilter;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedMilter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a milter is told of a session, and when. */
@Timeout(120)
class AskMilterTest extends MilterTest {

    private void awaitLeft() {
        await().until(() -> milter.isLeft() && milter.connections() > 0);
    }

    private List<String> commands() {
        return milter.events().stream()
                .filter(e -> e.charAt(0) != 'D')
                .map(e -> e.substring(0, 1))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_session_is_told_from_connect_to_quit(boolean chunks) {
        Dialogue client = client(asking()).greets();
        client.says("MAIL FROM:<a@client.test> SIZE=21 BODY=8BITMIME").hears("250");
        client.says("RCPT TO:<b@dest.test> NOTIFY=NEVER")
                .hears("250")
                .says("RCPT TO:<\"c d\"@dest.test>")
                .hears("250");
        send(client, chunks, "Subject: a\r\n b\r\nX:\t c\r\n\r\nhello\r\n")
                .hears("250")
                .says("QUIT")
                .hears("221");
        awaitLeft();
        List<String> events = milter.events("CHMRTLNBEAQU");
        assertThat(events.get(0)).matches("(?s)C\\[127.0.0.1]\\|4..127.0.0.1\\|");
        assertThat(events.subList(1, events.size()))
                .containsExactly(
                        "Hclient.test|",
                        "M<a@client.test>|SIZE=21|BODY=8BITMIME|",
                        "R<b@dest.test>|NOTIFY=NEVER|",
                        "R<\"c d\"@dest.test>|",
                        "T",
                        "LSubject|a\n b|",
                        "LX|\t c|",
                        "N",
                        "Bhello\r\n",
                        "E",
                        "Q");
        assertThat(destination.messages()).containsExactly("Subject: a\r\n b\r\nX:\t c\r\n\r\nhello\r\n");
        assertThat(milter.connections()).isEqualTo(1);
        assertThat(verdicts).singleElement().asString().contains("AskMilter PASS continue at END_OF_MESSAGE");
    }

    @Test
    void our_own_received_field_is_not_told() {
        Dialogue client = client(ENDPOINT.received(true), asking()).greets().envelope();
        send(client, false, "Received: from x by y\r\nSubject: a\r\n\r\nhello\r\n")
                .hears("250");
        assertThat(milter.events("L")).containsExactly("LReceived|from x by y|", "LSubject|a|");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .matches("(?s)Received: from client.test .*Received: from x by y\r\nSubject: a\r\n\r\nhello\r\n");
    }

    @Test
    void macros_are_those_of_the_stage() {
        Dialogue client = client(asking()).greets();
        client.says("MAIL FROM:<a@client.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        send(client, false, MESSAGE).hears("250").says("QUIT").hears("221");
        List<String> macros = milter.events("D");
        assertThat(macros.get(0))
                .startsWith(
                        "DCj|proxy.test|{daemon_name}|127.0.0.1:0|{daemon_addr}|127.0.0.1|v|smtpproxy|_|unknown [127.0.0.1]|");
        assertThat(macros.get(1))
                .matches(
                        "DMi\\|\\S+\\|\\{mail_addr}\\|a@client.test\\|\\{mail_host}\\|client.test\\|\\{mail_mailer}\\|smtp\\|");
        assertThat(macros.get(2))
                .matches(
                        "DRi\\|\\S+\\|\\{rcpt_addr}\\|b@dest.test\\|\\{rcpt_host}\\|dest.test\\|\\{rcpt_mailer}\\|smtp\\|");
        assertThat(macros.subList(3, macros.size()))
                .extracting(m -> m.substring(0, 3))
                .containsExactly("DTi", "DNi", "DEi");
    }

    @Test
    void a_milter_names_its_own_macros() {
        byte[] connect = ScriptedMilter.octets("\0\0\0\0{client_addr} {client_port}, j nothing\0");
        byte[] mail = ScriptedMilter.octets("\0\0\0\2\0");
        milter.steps(0, connect, mail);
        client(asking()).greets().envelope();
        List<String> macros = milter.events("D");
        assertThat(macros.get(0)).matches("DC\\{client_addr}\\|127.0.0.1\\|\\{client_port}\\|\\d+\\|j\\|proxy.test\\|");
        assertThat(macros.get(1)).startsWith("DRi|");
    }

    @Test
    void what_a_milter_does_not_want_is_not_told_but_its_macros_are() {
        milter.steps(0x37F);
        Dialogue client = client(asking()).greets().envelope();
        send(client, false, MESSAGE).hears("250");
        assertThat(commands()).containsExactly("E");
        assertThat(milter.events("D")).extracting(e -> e.substring(0, 2)).contains("DC", "DM", "DR", "DT", "DN", "DE");
    }

    @Test
    void what_a_milter_does_not_answer_is_not_waited_for() {
        milter.steps(0xFF080).unanswered("CHMRTLNB");
        Dialogue client = client(asking()).greets().envelope();
        send(client, false, MESSAGE).hears("250");
        assertThat(commands()).containsExactly("C", "H", "M", "R", "T", "L", "N", "B", "E");
        client.says("FOO").hears("5");
        await().until(() -> milter.events("U").equals(List.of("UFOO|")));
    }

    @Test
    void an_older_milter_is_not_told_what_it_does_not_know() {
        milter.on("O", frame("O", number(2), number(0x3F), number(0)));
        Dialogue client = client(asking()).greets().says("FOO").hears("5").envelope();
        send(client, false, MESSAGE).hears("250");
        assertThat(commands()).containsExactly("C", "H", "M", "R", "L", "N", "B", "E");
    }

    @ParameterizedTest
    @CsvSource({"0, 65535", "0x10000000, 262143", "0x20000000, 1048575"})
    void chunks_of_a_body_have_the_size_that_was_agreed(String steps, int size) {
        milter.steps(Integer.decode(steps));
        Dialogue client = client(asking()).greets().envelope();
        String body = ("x".repeat(76) + "\r\n").repeat(15_000);
        send(client, true, "Subject: a\r\n\r\n" + body).hears("250");
        List<String> parts = milter.events("B");
        assertThat(parts.get(0).length() - 1).isEqualTo(size);
        assertThat(String.join("", parts.stream().map(p -> p.substring(1)).toList()))
                .isEqualTo(body);
        assertThat(destination.messages()).containsExactly("Subject: a\r\n\r\n" + body);
    }

    @Test
    void a_milter_that_skips_gets_no_more_of_the_same() {
        milter.steps(0x400).on("B", frame("s")).on("LFrom", frame("s"));
        Dialogue client = client(asking()).greets().envelope();
        send(client, false, "From: a\r\nSubject: a\r\n\r\n" + "x\r\n".repeat(50_000))
                .hears("250");
        assertThat(commands()).containsExactly("C", "H", "M", "R", "T", "L", "N", "B", "E");
    }

    @Test
    void leading_space_is_kept_for_a_milter_that_wants_it() {
        milter.steps(1 << 20).on("E", frame("h", text("X-Added"), text("  b")), frame("c"));
        Dialogue client = client(asking()).greets().envelope();
        send(client, false, MESSAGE).hears("250");
        assertThat(milter.events("L")).containsExactly("LSubject| a|");
        assertThat(destination.messages()).containsExactly("Subject: a\r\nX-Added:  b\r\n\r\nhello\r\n");
    }

    @Test
    void recipients_that_others_refused_are_told_to_a_milter_that_wants_to_know() {
        milter.steps(0x800);
        destination.on("RCPT TO:<b@dest.test>").reply("550 5.1.1 No such user");
        Dialogue client = client(asking()).greets().says("MAIL FROM:<a@client.test>");
        client.hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hearsLine("550 5.1.1 No such user")
                .says("RCPT TO:<c@dest.test>")
                .hears("250");
        assertThat(milter.events("R")).containsExactly("R<b@dest.test>|", "R<b@dest.test>|", "R<c@dest.test>|");
        assertThat(milter.events("D").get(3))
                .endsWith("{rcpt_addr}|No such user|{rcpt_host}|5.1.1|{rcpt_mailer}|error|");
    }

    @Test
    void a_name_is_told_again_in_tls_with_what_is_known_of_it() {
        Endpoint endpoint = ENDPOINT.offerStartTls(Certificate.LOCAL.shown());
        client(endpoint, asking())
                .greets()
                .startsTls(Certificate.LOCAL.trusted())
                .says("EHLO again.test")
                .hears("250")
                .envelope();
        assertThat(commands()).containsExactly("C", "H", "H", "M", "R");
        assertThat(milter.events("D").get(1))
                .matches("DH\\{tls_version}\\|TLS.*\\|\\{cipher}\\|TLS.*\\{cipher_bits}\\|\\d+\\|");
    }

    @Test
    void a_login_is_told_with_its_mechanism() {
        Endpoint endpoint = ENDPOINT.plaintextAuthentication(true).authenticate((user, password) -> true);
        client(endpoint, asking())
                .greets()
                .says("AUTH PLAIN AGFsaWNlAG9wZW4gc2VzYW1l")
                .hears("235")
                .says("MAIL FROM:<a@client.test> AUTH=<>")
                .hears("250");
        assertThat(milter.events("D").get(1))
                .contains("|{auth_type}|PLAIN|{auth_authen}|alice|{auth_author}|<>|{mail_addr}|");
    }

    @Test
    void a_transaction_that_is_given_up_is_aborted_and_the_next_one_begins_anew() {
        Dialogue client = client(asking()).greets().envelope().says("RSET").hears("250");
        client.envelope().says("EHLO again.test").hears("250").envelope();
        client.says("MAIL FROM:<d@client.test>").hears("503").says("QUIT").hears("221");
        awaitLeft();
        assertThat(commands()).containsExactly("C", "H", "M", "R", "A", "M", "R", "H", "A", "M", "R", "A", "Q");
    }

    @Test
    void several_messages_go_over_one_connection() {
        Dialogue client = client(asking()).greets();
        for (int i = 0; i < 3; i++) {
            send(client.envelope(), i == 1, MESSAGE).hears("250");
        }
        assertThat(milter.connections()).isEqualTo(1);
        assertThat(milter.events("E")).hasSize(3);
        assertThat(milter.events("A")).isEmpty();
    }

    @Test
    void a_milter_hears_of_the_end_of_a_session_that_breaks_off() {
        client(asking()).greets().envelope().resets();
        awaitLeft();
        assertThat(commands()).endsWith("A", "Q");
    }

    @Test
    void a_milter_hears_of_the_end_of_a_session_that_is_hung_up() {
        client(asking().exempt(session -> {
                    session.hangUp(Session.HangUp.CLOSE);
                    return false;
                }))
                .hearsTheEnd();
        awaitLeft();
        assertThat(commands()).containsExactly("C", "Q");
    }

    @Test
    void a_client_that_is_announced_is_told_on_a_connection_of_its_own() {
        Dialogue client = client(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")), asking())
                .greets();
        client.says("XCLIENT ADDR=IPV6:2001:db8::7 PORT=4711 LOGIN=alice")
                .hears("220")
                .says("EHLO far.test")
                .hears("250")
                .envelope();
        assertThat(commands()).filteredOn(c -> !c.equals("Q")).containsExactly("C", "H", "C", "H", "M", "R");
        // each connection has a reader of its own, so the end of one may be read behind what the next one sent
        await().until(() -> commands().contains("Q"));
        assertThat(milter.events("C").get(1)).isEqualTo("C[2001:db8:0:0:0:0:0:7]|6\u0012g2001:db8:0:0:0:0:0:7|");
        assertThat(milter.events("D")).anyMatch(m -> m.contains("{auth_type}|unknown|{auth_authen}|alice|"));
        client.says("RSET").hears("250").says("XCLIENT ADDR=[UNAVAILABLE]").hears("220");
        assertThat(milter.events("C").get(2)).isEqualTo("Cunknown|U");
    }

    @Test
    void exempt_clients_are_not_told_of() {
        Dialogue client = client(asking().exempt(Clients.local())).greets().envelope();
        send(client, false, MESSAGE).hears("250");
        assertThat(milter.connections()).isZero();
    }

    @Test
    void a_client_that_is_exempt_for_some_time_is_told_of_when_it_is_so_no_more() {
        boolean[] exempt = {true};
        Dialogue client = client(asking().exempt(session -> exempt[0])).greets().envelope();
        exempt[0] = false;
        client.says("RCPT TO:<c@dest.test>").hears("250").says("RSET").hears("250");
        assertThat(milter.connections()).isZero();
        client.envelope();
        assertThat(commands()).containsExactly("C", "H", "M", "R");
    }

    @Test
    void an_observed_milter_decides_nothing() {
        milter.on("R", frame("r")).on("E", frame("h", text("X-Added"), text("b")), frame("c"));
        Dialogue client = client(Observe.only(asking())).greets().envelope();
        send(client, false, MESSAGE).hears("250").says("QUIT").hears("221");
        assertThat(destination.messages()).containsExactly(MESSAGE);
        awaitLeft();
        assertThat(commands()).endsWith("E", "Q");
    }

    @Test
    void two_milters_each_see_what_the_one_before_left() {
        ScriptedMilter second = anotherMilter();
        milter.on(
                "E",
                frame("m", number(1), text("Subject"), text("b")),
                frame("h", text("X-First"), text("1")),
                frame("b", ScriptedMilter.octets("other\r\n")),
                frame("-", text("<b@dest.test>")),
                frame("+", text("<c@dest.test>")),
                frame("c"));
        second.on("E", frame("i", number(0), text("X-Second"), text("2")), frame("c"));
        Dialogue client =
                client(asking(), AskMilter.at(second.address())).greets().envelope();
        send(client, false, MESSAGE).hears("250").says("QUIT").hears("221");
        assertThat(second.events("LB")).containsExactly("LSubject|b|", "LX-First|1|", "Bother\r\n");
        assertThat(destination.messages()).containsExactly("X-Second: 2\r\nSubject: b\r\nX-First: 1\r\n\r\nother\r\n");
        assertThat(destination.heard("RCPT")).last().isEqualTo("RCPT TO:<c@dest.test>");
        await().until(() -> second.isLeft() && second.events("Q").size() == 1);
    }
}
