package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.milter.AskMilter;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages past real milters: OpenDKIM, rspamd, spamass-milter, clamav-milter, and one on libmilter that does odd things. */
@Tag("servers")
@Timeout(180)
class AskMilterPeerTest {

    private static final List<AutoCloseable> DAEMONS = new ArrayList<>();
    private static DkimKey key;
    private static MilterServer signing;
    private static MilterServer verifying;
    private static RspamdServer rspamd;
    private static MilterServer spamass;
    private static MilterServer clamav;
    private static MilterServer odd;

    private final NothingLeft ending = new NothingLeft();
    private final ScriptedDestination destination = ending.startDestination();
    private final List<Dialogue> clients = new ArrayList<>();

    @BeforeAll
    static void startDaemons() {
        key = DkimKey.create();
        DAEMONS.add(signing = MilterServer.signing(key));
        DAEMONS.add(verifying = MilterServer.verifying(key));
        DAEMONS.add(rspamd = RspamdServer.start());
        SpamdServer spamd = SpamdServer.start();
        DAEMONS.add(spamd);
        DAEMONS.add(spamass = MilterServer.spamAssassin(spamd));
        ClamdServer clamd = ClamdServer.start();
        DAEMONS.add(clamd);
        DAEMONS.add(clamav = MilterServer.clamAv(clamd));
        DAEMONS.add(odd = MilterServer.odd());
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

    private Dialogue client(Destination behind, Filter... filters) {
        destination.takesChunks();
        var proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0)
                        .hostname("proxy.test")
                        .received(false)
                        .xclientFrom(AddressRange.parse("127.0.0.1")))
                .router(Router.to(behind));
        List.of(filters).forEach(proxy::filter);
        Dialogue client = Dialogue.with(ending.start(proxy).address());
        clients.add(client);
        return client.greets();
    }

    private Dialogue client(Filter... filters) {
        return client(destination.destination(), filters);
    }

    private static Dialogue send(Dialogue client, boolean chunks, String message) {
        client.envelope();
        return sendMessage(client, chunks, message);
    }

    private static Dialogue sendMessage(Dialogue client, boolean chunks, String message) {
        return chunks
                ? client.sends("BDAT " + message.length() + " LAST\r\n" + message)
                : client.says("DATA").hears("354").sends(message + ".\r\n");
    }

    private static final String LETTER =
            "From: a@client.test\r\nTo:  b@dest.test\r\nSubject: a\r\n folded\tfield \r\n\r\nhello \r\n\r\nend\r\n\r\n\r\n";

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void opendkim_signs_and_others_find_the_signature_good(boolean chunks) {
        Dialogue client = client(AskMilter.at(signing.address()));
        for (int i = 0; i < 2; i++) {
            send(client, chunks, LETTER).hears("250");
        }
        assertThat(destination.messages()).hasSize(2).allSatisfy(m -> {
            assertThat(m).startsWith("DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=client.test; s=sel;\r\n\t");
            assertThat(m).endsWith("\r\n" + LETTER);
            assertThat(key.verifies(m)).isTrue();
            assertThat(key.verifies(m.replace("hello", "hallo"))).isFalse();
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void opendkim_verifies_what_another_signed_before_it(boolean chunks) {
        Dialogue client = client(AskMilter.at(signing.address()), AskMilter.at(verifying.address()));
        send(client, chunks, LETTER).hears("250");
        String signed = destination.messages().get(0);
        assertThat(signed).startsWith("Authentication-Results: proxy.test;\r\n\tdkim=pass ");
        Dialogue second = client(AskMilter.at(verifying.address()));
        String forged = signed.substring(signed.indexOf("DKIM-Signature")).replace("hello", "hallo");
        send(second, chunks, forged).hears("250");
        assertThat(destination.messages().get(1)).startsWith("Authentication-Results: proxy.test;\r\n\tdkim=fail ");
    }

    @Test
    void opendkim_does_not_sign_for_strangers_but_for_those_who_are_logged_in() {
        Dialogue client = client(AskMilter.at(signing.address()));
        client.says("XCLIENT ADDR=203.0.113.9")
                .hears("220")
                .says("EHLO far.test")
                .hears("250");
        send(client, false, LETTER).hears("250");
        client.says("XCLIENT ADDR=203.0.113.9 LOGIN=alice")
                .hears("220")
                .says("EHLO far.test")
                .hears("250");
        send(client, false, LETTER).hears("250");
        assertThat(destination.messages().get(0)).doesNotContain("DKIM-Signature");
        assertThat(destination.messages().get(1)).startsWith("DKIM-Signature");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rspamd_refuses_marks_and_changes_fields(boolean chunks) {
        Dialogue client = client(AskMilter.at(rspamd.milter()));
        client.says("XCLIENT ADDR=203.0.113.9 LOGIN=alice")
                .hears("220")
                .says("EHLO far.test")
                .hears("250");
        send(client, chunks, "Subject: a\r\n\r\n" + SpamdServer.GTUBE + "\r\n").hears("554 5.7.1 Gtube pattern");
        send(client, chunks, "Subject: hello\r\nX-Test-Score: 9\r\n\r\na\r\n").hears("250");
        send(client, chunks, "X-Gone: 1\r\nX-Second: 1\r\nX-Gone: 2\r\nX-Second: 2\r\nX-Test-Milter: 1\r\n\r\na\r\n")
                .hears("250");
        send(client, chunks, "Subject: a\r\nX-Test-Seen: 1\r\n\r\na\r\n").hears("250");
        assertThat(destination.messages()).hasSize(3);
        assertThat(destination.messages().get(0)).contains("Subject: ***SPAM*** hello\r\n");
        assertThat(destination.messages().get(1))
                .contains("X-Added: one\r\n", "X-Second: 1\r\n")
                .doesNotContain("X-Gone", "X-Second: 2");
        assertThat(destination.messages().get(2)).contains("X-Seen: alice 203.0.113.9 far.test a@client.test 1\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void spamass_milter_refuses_spam_and_marks_the_rest(boolean chunks) {
        Dialogue client = client(AskMilter.at(spamass.address()));
        send(client, chunks, "Subject: a\r\n\r\n" + SpamdServer.GTUBE + "\r\n")
                .hears("550 5.7.1 Blocked by SpamAssassin");
        send(client, chunks, "Subject: a\r\nX-Test: bad\r\n\r\na\r\n").hears("250");
        assertThat(destination.messages())
                .singleElement()
                .asString()
                .contains("X-Spam-Status: Yes, score=6.0 required=5.0 tests=TEST_BAD")
                .endsWith("\r\n\r\na\r\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void clamav_milter_refuses_by_name_and_marks_the_rest(boolean chunks) {
        Dialogue client = client(AskMilter.at(clamav.address()));
        send(client, chunks, "Subject: a\r\n\r\n" + ClamdServer.EICAR + "\r\n")
                .hears("550 5.7.1 Virus Eicar-Test-Signature.UNOFFICIAL");
        send(client, chunks, "Subject: a\r\n\r\nfine\r\n").hears("250");
        assertThat(destination.messages()).singleElement().asString().contains("X-Virus-Status: Clean\r\n");
    }

    @Test
    void all_of_them_in_a_row() {
        Dialogue client = client(
                AskMilter.at(clamav.address()),
                AskMilter.at(spamass.address()),
                AskMilter.at(rspamd.milter()),
                AskMilter.at(signing.address()));
        send(client, false, "From: a@client.test\r\n" + "Subject: a\r\nX-Test-Milter: 1\r\n\r\nfine\r\n")
                .hears("250");
        String message = destination.messages().get(0);
        assertThat(message).contains("X-Virus-Status: Clean", "X-Spam-Status: No", "X-Added: one", "DKIM-Signature");
        assertThat(key.verifies(message)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void every_change_arrives_at_a_postfix_behind(boolean chunks) {
        try (PostfixServer postfix = PostfixServer.start()) {
            Dialogue client = client(postfix.destination(), AskMilter.at(odd.address()));
            client.says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<alice@dest.test>").hears("250");
            assertThat(client.says("RCPT TO:<several@dest.test>").reply())
                    .containsExactly("550-5.7.1 first", "550-5.7.1 second", "550 5.7.1 100% last");
            client.says("RCPT TO:<later@dest.test>").hears("451 4.7.1 Service unavailable - try again later");
            String acts =
                    "X-Act: progress\r\nX-Act: sender <new@client.test> ENVID=x\r\nX-Act: delete <alice@dest.test>\r\n"
                            + "X-Act: add <bob@dest.test> NOTIFY=NEVER\r\nX-Act: insert 0 X-Top top\r\nX-Act: append X-Last last\r\n"
                            + "X-Act: fold X-Fold\r\nX-Act: change 2 X-Two new\r\nX-Act: remove 1 X-Two\r\nX-Act: body\r\n";
            sendMessage(client, chunks, "X-Two: 1\r\nX-Two: 2\r\n" + acts + "\r\nold\r\n")
                    .hears("250 2.0.0 Ok: ");
            String mail = postfix.mailOf("bob");
            assertThat(mail)
                    .contains("Return-Path: <new@client.test>", "\nX-Top: top\nX-Two: new\nX-Act: ")
                    .contains("\nX-Last: last\nX-Fold: one\n\ttwo\n")
                    .contains("\n\nanother\nbody\n")
                    .doesNotContain("X-Two: 1", "\nold");
            assertThat(postfix.mailsUntilNow("alice")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void an_envelope_that_postfix_refuses_is_451_and_nothing_is_delivered(boolean chunks) {
        try (PostfixServer postfix = PostfixServer.start()) {
            Dialogue client = client(postfix.destination(), AskMilter.at(odd.address()));
            for (String act : List.of("add <nobody@dest.test>", "sender <new@client.test> SOLICIT=x")) {
                client.says("MAIL FROM:<a@client.test>").hears("250");
                client.says("RCPT TO:<alice@dest.test>").hears("250");
                sendMessage(client, chunks, "X-Act: " + act + "\r\n\r\nlost\r\n")
                        .hears("451 4.3.0");
            }
            client.says("MAIL FROM:<a@client.test>").hears("250");
            client.says("RCPT TO:<alice@dest.test>").hears("250");
            sendMessage(client, chunks, "Subject: kept\r\n\r\nkept\r\n").hears("250");
            assertThat(postfix.mailOf("alice")).contains("kept").doesNotContain("lost");
        }
    }

    @Test
    void a_milter_that_skips_hears_no_more_of_the_body() {
        Dialogue client = client(AskMilter.at(odd.address()));
        String body = ("x".repeat(76) + "\r\n").repeat(3000);
        send(client, true, "X-Act: skip\r\n\r\n" + body).hears("250");
        assertThat(destination.messages()).containsExactly("X-Act: skip\r\nX-Chunks: 1\r\n\r\n" + body);
    }

    @ParameterizedTest
    @CsvSource({"quarantine odd, X-Quarantine: odd", "discard, X-Act: discard"})
    void quarantine_and_discard_can_be_routed(String act, String first) {
        ScriptedDestination kept = ending.startDestination();
        Dialogue client = client(AskMilter.at(odd.address())
                .quarantineTo(kept.destination())
                .onDiscard(OnDiscard.routeTo(kept.destination())));
        send(client, false, "X-Act: " + act + "\r\n\r\na\r\n").hears("250");
        assertThat(kept.messages()).singleElement().asString().startsWith(first + "\r\n");
        assertThat(destination.messages()).isEmpty();
    }
}
