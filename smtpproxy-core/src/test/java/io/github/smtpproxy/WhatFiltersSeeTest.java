package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The address that filters and routers judge is the one that the destination takes, or nobody hears of it. */
class WhatFiltersSeeTest extends ProxyTest {

    private final List<String> seen = new CopyOnWriteArrayList<>();

    /** As the README has it: who comes from outside is not from our domain; and nobody else's recipients are ours. */
    private final Filter ours = new Filter() {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            seen.add(mail.toString());
            return mail.isFrom("ours.test") ? Reply.reject("5.7.1", "Forged") : next.proceed(mail);
        }

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            seen.add(rcpt.toString());
            return rcpt.recipient().isAt("ours.test") ? Reply.reject("5.7.1", "Closed") : next.proceed(rcpt);
        }
    };

    private Dialogue client() {
        return clientOf(proxy().filter(ours)).greets();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<a@ours.test(x)>",
                "<a@\"ours.test\">",
                "<a@ours.test;>",
                "<a@ours.test.>",
                "<a@(x)ours.test>",
                "<x:a@ours.test;>",
                "<a@ours.test> SIZE=1 SIZE=2",
                "<@ours.test> ENVID=:b@x.test",
                "<@ours.test> ENVID=:b@x.test>",
                "<@hop.test:@ours.test>",
                "<@\"x:b@other.test>,<\":a@ours.test>",
                "<a>",
                "<a%ours.test>",
                "<a%ours.test@c.test>",
                "<ours.test!a@c.test>",
                "<\"a@ours.test\"@c.test>",
                "<a@\u00ef\u00bd\u008furs.test> SMTPUTF8",
                "<a@ours.test\u00c2\u00a0>",
                "a@ours.test(x)",
                " <a@ours.test(x)>"
            })
    void what_servers_read_each_in_its_own_way_reaches_neither_filters_nor_the_destination(String path) {
        Dialogue client = client().says("MAIL FROM:" + path).hears("501 5.");
        assertThat(seen).isEmpty();
        client.says("MAIL FROM:<b@c.test>").hears("250").says("RCPT TO:" + path).hears("501 5.");
        assertThat(seen).containsExactly("<b@c.test>");
        assertThat(destination.heard()).containsExactly("EHLO client.test", "MAIL FROM:<b@c.test>");
    }

    @Test
    void the_reply_says_what_is_wrong() {
        client().says("MAIL FROM:<a@ours.test(x)>")
                .hearsLine("501 5.1.7 Bad sender address syntax")
                .says("MAIL FROM:<a@c.test> BODY=7BIT body=8BITMIME")
                .hearsLine("501 5.5.4 Syntax error in parameters")
                .says("MAIL FROM:<a@c.test>")
                .hears("250")
                .says("RCPT TO:<a@ours.test(x)>")
                .hearsLine("501 5.1.3 Bad recipient address syntax")
                .says("RCPT TO:<b@c.test> NOTIFY=NEVER NOTIFY=SUCCESS")
                .hearsLine("501 5.5.4 Syntax error in parameters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<a@OURS.test>",
                " <a@ours.test>",
                "a@ours.test",
                "<@hop.test:a@ours.test>",
                "<@hop.test,@[IPv6:::1]:a@ours.test>",
                "<\"a@b\"@ours.test>",
                "<\"a\\\"@b>\\\"\"@ours.test>"
            })
    void what_a_server_reads_as_ours_a_filter_reads_as_ours(String path) {
        client().says("MAIL FROM:" + path)
                .hears("550 5.7.1 Forged")
                .says("MAIL FROM:<b@c.test>")
                .hears("250")
                .says("RCPT TO:" + path)
                .hears("550 5.7.1 Closed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<foo.@docomo.test>|<foo.@docomo.test>",
                "<foo..bar@docomo.test>|<foo..bar@docomo.test>",
                "<a@my_host.test>|<a@my_host.test>",
                "<a@[127.0.0.1]>|<a@[127.0.0.1]>",
                "<a@[IPv6:2001:db8::1]>|<a@[IPv6:2001:db8::1]>",
                "<\"a b\"@c.test>|<\"a b\"@c.test>",
                "a@c.test|<a@c.test>"
            })
    void what_is_in_use_passes(String path, String wire) {
        client().says("MAIL FROM:" + path)
                .hears("250")
                .says("RCPT TO:" + path)
                .hears("250")
                .says("RCPT TO:<Postmaster>")
                .hears("250");
        assertThat(destination.heard())
                .containsExactly("EHLO client.test", "MAIL FROM:" + wire, "RCPT TO:" + wire, "RCPT TO:<Postmaster>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "m\u00c3\u00bcnchen.test",
                "M\u00c3\u009cnchen.test",
                "xn--mnchen-3ya.test",
                "XN--MNCHEN-3YA.test"
            })
    void a_router_knows_a_domain_by_each_of_its_spellings(String domain) {
        ScriptedDestination other = anotherDestination();
        clientOf(proxy(
                        ENDPOINT,
                        Router.byRecipientDomain()
                                .route("m\u00fcnchen.test", destination.destination())
                                .otherwise(other.destination())))
                .greets()
                .says("MAIL FROM:<a@c.test> SMTPUTF8")
                .hears("250")
                .says("RCPT TO:<b@" + domain + ">")
                .hears("250 2.1.5");
        assertThat(destination.heard("RCPT")).hasSize(1);
        assertThat(other.heard("RCPT")).isEmpty();
    }
}
