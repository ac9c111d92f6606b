package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.Filters;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.Dialogue;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A filter is told of the end of each session that it was told of, once. */
@Timeout(60)
class SessionEndTest extends ProxyTest {

    private static final Key<String> CLIENT = Key.of("client", String.class);

    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final AtomicInteger count = new AtomicInteger();

    private final class Watch implements Filter {
        @Override
        public Reply connect(Session session, Chain<Session> next) {
            session.attribute(CLIENT, "client " + count.incrementAndGet());
            return next.proceed(session);
        }

        @Override
        public void ended(Transaction transaction, Outcome outcome) {
            seen.add("transaction");
        }

        @Override
        public void ended(Session session) {
            seen.add(session.attribute(CLIENT).orElse("-"));
        }
    }

    private void awaitEnds(String... ends) {
        await().untilAsserted(() -> assertThat(seen).containsExactly(ends));
    }

    @Test
    void it_comes_behind_the_end_of_the_transaction_and_knows_the_attributes() {
        clientOf(proxy().filter(new Watch())).greets().envelope().says("QUIT").hears("221");
        awaitEnds("transaction", "client 1");
    }

    @Test
    void a_client_that_breaks_off_has_an_end_too() {
        clientOf(proxy().filter(new Watch())).greets().envelope().resets();
        awaitEnds("transaction", "client 1");
    }

    @Test
    void another_client_of_the_same_connection_ends_the_one_before() {
        Dialogue client = clientOf(proxy(ENDPOINT.xclientFrom(AddressRange.parse("127.0.0.1")))
                        .filter(new Watch()))
                .greets();
        client.says("XCLIENT ADDR=203.0.113.9").hears("220");
        assertThat(seen).containsExactly("client 1");
        client.says("XCLIENT ADDR=203.0.113.10").hears("220").closes();
        awaitEnds("client 1", "client 2", "client 3");
    }

    @Test
    void a_client_that_is_refused_at_connect_has_an_end_too() {
        Filter refusing = new Filter() {
            @Override
            public Reply connect(Session session, Chain<Session> next) {
                return Reply.reject("5.7.1", "No");
            }
        };
        clientOf(proxy().filter(new Watch()).filter(refusing))
                .hears("550")
                .says("QUIT")
                .hears("221");
        awaitEnds("client 1");
    }

    @Test
    void filters_in_filters_are_told_and_one_that_throws_is_in_nobodys_way() {
        Filter failing = new Filter() {
            @Override
            public void ended(Session session) {
                throw new IllegalStateException("told");
            }
        };
        try (CapturedLog log = new CapturedLog()) {
            clientOf(proxy().filter(Observe.only(Filters.together(failing, new Watch())))
                            .filter(new Watch()))
                    .greets()
                    .says("QUIT")
                    .hears("221");
            awaitEnds("client 2", "client 2");
            assertThat(log.lines()).anyMatch(l -> l.endsWith("failed at the end of a session"));
        }
    }
}
