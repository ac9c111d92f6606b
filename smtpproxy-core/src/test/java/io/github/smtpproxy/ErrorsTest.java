package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which refusals count towards {@code maxErrors}: those of 5xx that are not the destination's verdict. */
class ErrorsTest extends ProxyTest {

    private static final Endpoint STRICT = ENDPOINT.maxErrors(2);
    private static final Reply NO = Reply.refusal(550, "5.7.1", "No");

    private static Dialogue refusedTwice(Dialogue client, String command, String code) {
        return client.says(command).hears(code).says(command).hears(code);
    }

    private static void counts(Dialogue client, String command, String code) {
        refusedTwice(client, command, code)
                .says(command)
                .hearsLine("421 4.7.0 Too many errors")
                .hearsTheEnd();
    }

    private static Filter refusing(Function<RcptTo, Reply> by) {
        return new Filter() {
            @Override
            public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
                return by.apply(rcpt);
            }
        };
    }

    @Test
    void a_filters() {
        Dialogue client = clientOf(proxy(STRICT).filter(refusing(rcpt -> NO))).greets();
        counts(client.says("MAIL FROM:<a@client.test>").hears("250"), "RCPT TO:<b@dest.test>", "550");
    }

    @Test
    void a_filters_in_the_words_of_another() {
        Reply read = Reply.parse(List.of("550 5.7.1 No"));
        Dialogue client = clientOf(proxy(STRICT).filter(refusing(rcpt -> read))).greets();
        counts(client.says("MAIL FROM:<a@client.test>").hears("250"), "RCPT TO:<b@dest.test>", "550");
    }

    @Test
    void a_throttles() {
        SmtpProxyBuilder proxy =
                proxy(STRICT).throttle(step -> step instanceof Step.Mail ? Pace.refuse(NO) : Pace.go());
        counts(clientOf(proxy).greets(), "MAIL FROM:<a@client.test>", "550");
    }

    @Test
    void a_routers() {
        Router router = new Router() {
            @Override
            public Route mail(Session session, MailFrom mail) {
                return Route.refuse(NO);
            }

            @Override
            public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
                return Route.refuse(NO);
            }

            @Override
            public Set<Target> reach() {
                return Set.of();
            }
        };
        counts(clientOf(proxy(STRICT, router)).greets(), "MAIL FROM:<a@client.test>", "550");
    }

    @ParameterizedTest
    @CsvSource({"MAIL FROM:<a@client.test>, 530", "AUTH CRAM-MD5, 504", "AUTH PLAIN AGEAYg==, 535", "AUTH PLAIN !, 501"
    })
    void the_proxys_own(String command, String code) {
        Endpoint users = STRICT.authenticate((user, password) -> false)
                .plaintextAuthentication(true)
                .failedLoginDelay(Duration.ZERO);
        counts(clientOf(proxy(users)).greets(), command, code);
    }

    @Test
    void a_login_that_must_be_encrypted() {
        Endpoint users = STRICT.authenticate((user, password) -> false);
        counts(clientOf(proxy(users)).greets(), "AUTH PLAIN AGEAYg==", "538");
    }

    @ParameterizedTest
    @ValueSource(strings = {"550 5.1.1 Nobody", "553 5.1.3 Bad", "554 5.7.1 No"})
    void not_the_destinations_verdict(String verdict) {
        destination.on("RCPT").reply(verdict);
        Dialogue client = clientOf(proxy(STRICT))
                .greets()
                .says("MAIL FROM:<a@client.test>")
                .hears("250");
        String code = verdict.substring(0, 3);
        refusedTwice(refusedTwice(client, "RCPT TO:<b@dest.test>", code), "RCPT TO:<b@dest.test>", code);
    }

    @Test
    void what_the_destination_does_not_know_as_ever() {
        destination.on("VRFY").reply("502 5.5.1 dest.test does not");
        counts(clientOf(proxy(STRICT)).greets(), "VRFY b", "502");
    }
}
