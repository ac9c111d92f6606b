package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.HelloName;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many clients before a Postfix that takes twenty connections of one client and no more. */
@Tag("servers")
@Timeout(300)
class MultiplexingPeerTest {

    private static final int LIMIT = 20;
    private static final Pattern TOKEN = Pattern.compile("token=(\\d+) to=(\\w+)");

    private PostfixServer postfix;
    private SmtpProxy proxy;

    @BeforeEach
    void start() {
        postfix = PostfixServer.start(
                "smtpd_client_connection_count_limit = " + LIMIT, "smtpd_client_event_limit_exceptions =");
    }

    @AfterEach
    void stop() {
        try {
            if (proxy != null) {
                proxy.close();
            }
        } finally {
            if (postfix != null) {
                postfix.close();
            }
        }
    }

    private void proxy(Router router) {
        proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0)
                        .hostname("proxy.test")
                        .received(false)
                        .maxConnections(5_000))
                .router(router)
                .multiplexing(Pool.max(LIMIT).waiting(Duration.ofMinutes(5)))
                .start();
    }

    /** All at once: each has written its whole transaction before the reply to one is read. */
    private void send(int sessions) {
        List<Dialogue> clients = new ArrayList<>();
        try {
            for (int i = 0; i < sessions; i++) {
                clients.add(Dialogue.with(proxy.address()).greets());
            }
            for (int i = 0; i < sessions; i++) {
                String message = "Subject: many\r\n\r\ntoken=" + i + " to=" + user(i) + "\r\n";
                clients.get(i)
                        .sends("MAIL FROM:<s" + i + "@c.test>\r\nRCPT TO:<" + user(i) + "@dest.test>\r\nBDAT "
                                + message.length() + " LAST\r\n" + message);
            }
            for (Dialogue client : clients) {
                client.hears("250 2.1.0").hears("250 2.1.5").hears("250 2.0.0 Ok: ");
            }
        } finally {
            clients.forEach(Dialogue::close);
        }
    }

    private static String user(int number) {
        return number % 2 == 0 ? "alice" : "bob";
    }

    /** Each message once, from its sender to its recipient. */
    private void arrived(int sessions) {
        List<Integer> tokens = new ArrayList<>();
        for (String user : List.of("alice", "bob")) {
            for (String mail : postfix.mailsOf(user, sessions / 2)) {
                Matcher token = TOKEN.matcher(mail);
                assertThat(token.find()).as(mail).isTrue();
                assertThat(token.group(2)).isEqualTo(user);
                assertThat(mail).contains("Return-Path: <s" + token.group(1) + "@c.test>");
                tokens.add(Integer.valueOf(token.group(1)));
            }
        }
        assertThat(tokens)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, sessions).boxed().toList());
        assertThat(postfix.log())
                .doesNotContain("Connection concurrency limit exceeded", "too many connections", "reject:");
    }

    @Test
    void two_thousand_sessions_at_once_go_through_twenty_connections() {
        proxy(Router.to(postfix.destination().helloName(HelloName.own())));
        send(2_000);
        arrived(2_000);
        // one more was the test's own, and one asked what Postfix offers
        assertThat(connects()).isLessThanOrEqualTo(LIMIT + 2);
    }

    @Test
    void connections_of_twenty_kinds_make_room_for_each_other() {
        proxy(new BySender(IntStream.range(0, LIMIT)
                .mapToObj(i -> postfix.destination().helloName(HelloName.of("kind" + i + ".test")))
                .toList()));
        send(2_000);
        arrived(2_000);
    }

    private int connects() {
        return postfix.log().split(": connect from ", -1).length - 1;
    }

    /** Another kind of connection for each sender's number. */
    private record BySender(List<Destination> kinds) implements Router {

        @Override
        public Route mail(Session session, MailFrom mail) {
            String local = mail.sender().map(Mailbox::local).orElseThrow();
            return Route.to(kinds.get(Integer.parseInt(local.substring(1)) % kinds.size()));
        }

        @Override
        public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
            return mail(session, mail);
        }

        @Override
        public Set<Target> reach() {
            return new LinkedHashSet<>(kinds);
        }
    }
}
