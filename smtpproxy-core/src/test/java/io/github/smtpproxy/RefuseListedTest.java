package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.dnslists.ListSettings;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedDns;
import io.github.smtpproxy.testing.ScriptedDns.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What DNS lists answer, and what they do not. */
@Timeout(60)
class RefuseListedTest extends ProxyTest {

    private static final String CLIENT = "9.113.0.203.";
    private static final String ALL_IPV6 = "1.0.0.0.0.0.f.7.f.f.f.f" + ".0".repeat(20) + ".";

    private final ScriptedDns dns = ScriptedDns.start();
    private final List<RefuseListed> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(RefuseListed::close);
        dns.close();
    }

    private ListSettings lists(String... lists) {
        return RefuseListed.by(lists).resolver(dns.resolver());
    }

    private Dialogue client(ListSettings lists) {
        RefuseListed filter = lists.build();
        opened.add(filter);
        return client(filter);
    }

    private Dialogue client(Filter... filters) {
        SmtpProxyBuilder builder = proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")));
        for (Filter filter : filters) {
            builder.filter(filter);
        }
        return clientOf(builder)
                .greets()
                .says("XCLIENT ADDR=203.0.113.9")
                .hears("220")
                .says("EHLO far.test")
                .hears("250")
                .says("MAIL FROM:<a@x.test>")
                .hears("250")
                .says("RCPT TO:<b@dest.test>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.255.255.252",
                "127.255.255.254",
                "127.255.255.255",
                "127.0.0.1",
                "127.0.1.255",
                "127.0.0.255",
                "10.0.0.2",
                "203.0.113.7"
            })
    void an_error_of_a_provider_is_neither_a_listing_nor_an_allow_and_is_logged_once(String answer) {
        dns.isList("list.test").has(CLIENT + "list.test", answer);
        dns.isList("bad.test").has(CLIENT + "bad.test", "127.0.0.2");
        try (CapturedLog log = new CapturedLog()) {
            client(lists("list.test")).hears("250");
            client(lists("list.test*-5", "bad.test")).hears("554");
            assertThat(log.lines())
                    .filteredOn(l -> l.contains("list.test answers " + answer))
                    .hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"SILENT", "SERVER_FAILURE", "WRONG_ID", "GARBAGE"})
    void a_list_that_does_not_answer_is_no_listing_and_one_warning(Fault fault) {
        dns.isList("list.test").has(CLIENT + "list.test", "127.0.0.2").fails("A " + CLIENT + "list.test", fault);
        ListSettings lists = RefuseListed.by("list.test")
                .resolver(dns.resolver().within(Duration.ofMillis(300)))
                .within(Duration.ofSeconds(5));
        try (CapturedLog log = new CapturedLog()) {
            RefuseListed filter = lists.build();
            opened.add(filter);
            client(filter).hears("250");
            client(filter).hears("250");
            assertThat(log.lines())
                    .filteredOn(l -> l.contains("list.test does not answer"))
                    .hasSize(1);
        }
    }

    @Test
    void an_answer_that_does_not_fit_is_asked_for_over_tcp() {
        dns.isList("list.test").has(CLIENT + "list.test", "127.0.0.2", "Listed " + "x".repeat(100));
        dns.fails("A " + CLIENT + "list.test", Fault.TRUNCATED).fails("TXT " + CLIENT + "list.test", Fault.TRUNCATED);
        client(lists("list.test"))
                .hears("554 5.7.1 Service unavailable; client [203.0.113.9] blocked using list.test; Listed xxx");
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"SILENT", "SERVER_FAILURE"})
    void a_listing_holds_without_its_reason(Fault fault) {
        dns.isList("list.test").has(CLIENT + "list.test", "127.0.0.2").fails("TXT " + CLIENT + "list.test", fault);
        client(lists("list.test").within(Duration.ofMillis(500)))
                .hears("554 5.7.1 Service unavailable; client [203.0.113.9] blocked using list.test (");
    }

    @Test
    void a_list_that_is_wrong_about_one_family_of_addresses_is_left_out() {
        dns.isList("list.test").has(CLIENT + "list.test", "127.0.0.2").has(ALL_IPV6 + "list.test", "127.0.0.2");
        try (CapturedLog log = new CapturedLog()) {
            client(lists("list.test")).hears("250");
            assertThat(log.lines())
                    .filteredOn(l -> l.contains("list.test fails its test"))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"-2, 250", "-3, 451"})
    void a_client_that_lists_of_good_ones_name_is_exempt_from_filters_behind(int threshold, String reply) {
        dns.isList("good.test").has(CLIENT + "good.test", "127.0.0.2");
        RefuseListed filter = lists("good.test*-2").allowThreshold(threshold).build();
        opened.add(filter);
        client(filter, Greylist.after(Duration.ofMinutes(1)).exempt(RefuseListed.allowed()))
                .hears(reply);
    }

    @Test
    void a_zone_is_asked_once_for_all_its_entries_and_again_only_for_what_is_not_kept() {
        dns.isList("list.test").has(CLIENT + "list.test", "127.0.0.4");
        RefuseListed filter =
                lists("list.test=127.0.0.2*5", "list.test=127.0.0.[3..4]").build();
        opened.add(filter);
        client(filter).hears("554");
        client(filter).hears("554");
        assertThat(dns.asked())
                .filteredOn(q -> q.equals("A " + CLIENT + "list.test"))
                .hasSize(1);
    }

    @Test
    void a_filter_that_was_closed_before_its_first_client_still_looks_up() {
        dns.isList("list.test").has(CLIENT + "list.test", "127.0.0.2");
        RefuseListed filter = lists("list.test").build();
        filter.close();
        client(filter).hears("554");
    }

    @ParameterizedTest
    @CsvSource({
        "list.test=127.0.0.2",
        "list.test=127.0.0.[2..11]*3",
        "LIST.test.=127.[0;2].[0..255].[2;4..7]*-2",
        "list.test*+1",
    })
    void lists_are_written_as_users_know_it(String list) {
        lists(list).build().close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "=127.0.0.2",
                "a b",
                "list.test=127.0.0",
                "list.test=127.0.0.256",
                "list.test=127.0.0.[9..2]",
                "list.test=127.0.0.[2..]",
                "list.test=127.0.0.2.3",
                "list.test=",
                "list.test*",
                "list.test*x",
                "list.test*1*2",
                "http://list.test"
            })
    void what_is_no_list_is_an_error(String list) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RefuseListed.by(list))
                .withMessageContaining("DNS list");
    }
}
