package io.github.smtpproxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.route.Balancer.Candidate;
import io.github.smtpproxy.session.Session;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who is chosen, and how often. */
class BalancerTest {

    private record Server(Destination destination, double weight, int active) implements Candidate {

        static Server of(String name, double weight, int active) {
            return new Server(Destination.at(name, 25), weight, active);
        }
    }

    private static final List<Candidate> THREE =
            List.of(Server.of("a", 3, 0), Server.of("b", 1, 0), Server.of("c", 1, 0));

    private static Session client(int number) {
        InetSocketAddress address =
                new InetSocketAddress("10." + number / 65_536 + "." + number / 256 % 256 + "." + number % 256, 25);
        return (Session) Proxy.newProxyInstance(
                Session.class.getClassLoader(), new Class<?>[] {Session.class}, (p, method, arguments) -> address);
    }

    private static Envelope envelope(int number) {
        return new Envelope(client(number), Optional.empty(), Optional.empty());
    }

    private static Envelope to(String recipient) {
        return new Envelope(client(1), Optional.of(MailFrom.nullPath()), Optional.of(RcptTo.of(Mailbox.of(recipient))));
    }

    private static Map<String, Integer> choices(
            Balancer balancer, List<Candidate> among, int count, Function<Integer, Envelope> envelopes) {
        Map<String, Integer> chosen = new HashMap<>();
        for (int i = 0; i < count; i++) {
            chosen.merge(
                    balancer.choose(among, envelopes.apply(i)).destination().host(), 1, Integer::sum);
        }
        return chosen;
    }

    @Test
    void turns_go_by_weight_and_never_twice_where_they_need_not() {
        Balancer balancer = Balancer.roundRobin();
        List<String> turns = IntStream.range(0, 10)
                .mapToObj(i -> balancer.choose(THREE, envelope(0)).destination().host())
                .toList();
        assertThat(turns).containsExactly("a", "b", "a", "c", "a", "a", "b", "a", "c", "a");
    }

    @Test
    void turns_go_on_where_one_comes_and_goes() {
        Balancer balancer = Balancer.roundRobin();
        choices(balancer, THREE, 7, BalancerTest::envelope);
        Map<String, Integer> without = choices(balancer, THREE.subList(1, 3), 100, BalancerTest::envelope);
        assertThat(without).containsOnlyKeys("b", "c");
        assertThat(without.get("b")).isBetween(48, 52);
    }

    @Test
    void the_least_busy_for_its_weight_is_taken() {
        List<Candidate> busy = List.of(Server.of("a", 4, 7), Server.of("b", 1, 2), Server.of("c", 1, 3));
        assertThat(choices(Balancer.leastBusy(), busy, 100, BalancerTest::envelope))
                .containsOnlyKeys("a");
        Map<String, Integer> equals = choices(Balancer.leastBusy(), THREE.subList(1, 3), 1_000, BalancerTest::envelope);
        assertThat(equals.get("b")).isBetween(400, 600);
    }

    @Test
    void of_two_that_are_drawn_the_busier_is_not_taken() {
        List<Candidate> busy = List.of(Server.of("a", 1, 9), Server.of("b", 1, 0), Server.of("c", 1, 0));
        assertThat(choices(Balancer.twoChoices(), busy, 300, BalancerTest::envelope))
                .containsOnlyKeys("b", "c");
    }

    @Test
    void a_client_stays_with_its_server_and_shares_are_by_weight() {
        Balancer balancer = Balancer.stickyByClient();
        Map<String, Integer> chosen = choices(balancer, THREE, 10_000, BalancerTest::envelope);
        assertThat(chosen.get("a")).isCloseTo(6_000, within(300));
        assertThat(chosen.get("b")).isCloseTo(2_000, within(300));
        for (int i = 0; i < 1_000; i++) {
            assertThat(balancer.choose(THREE, envelope(i))).isEqualTo(balancer.choose(THREE, envelope(i)));
        }
    }

    @Test
    void a_server_that_goes_moves_its_own_clients_only() {
        Balancer balancer = Balancer.stickyByClient();
        List<Candidate> two = THREE.subList(0, 2);
        for (int i = 0; i < 1_000; i++) {
            Candidate before = balancer.choose(THREE, envelope(i));
            if (two.contains(before)) {
                assertThat(balancer.choose(two, envelope(i))).isEqualTo(before);
            }
        }
    }

    @Test
    void a_server_with_more_than_its_share_is_passed_over() {
        Map<Destination, Integer> active = new HashMap<>();
        Balancer balancer = Balancer.stickyByClient();
        for (int i = 0; i < 200; i++) {
            List<Candidate> now = new ArrayList<>();
            for (String name : List.of("a", "b", "c", "d")) {
                now.add(Server.of(name, 1, active.getOrDefault(Destination.at(name, 25), 0)));
            }
            // all from one client
            active.merge(balancer.choose(now, envelope(7)).destination(), 1, Integer::sum);
        }
        assertThat(active.values()).allMatch(n -> n <= 63).hasSize(4);
    }

    @Test
    void a_sender_stays_with_its_server_in_upper_and_lower_case_and_the_null_sender_goes_by_client() {
        Balancer balancer = Balancer.stickyBySender();
        for (int i = 0; i < 100; i++) {
            int client = i;
            Function<String, Candidate> from = sender -> balancer.choose(
                    THREE,
                    new Envelope(client(client), Optional.of(MailFrom.of(Mailbox.of(sender))), Optional.empty()));
            assertThat(from.apply("A" + i + "@X.test")).isEqualTo(from.apply("a" + i + "@x.test"));
        }
        assertThat(choices(
                        balancer,
                        THREE,
                        100,
                        i -> new Envelope(client(i), Optional.of(MailFrom.nullPath()), Optional.empty())))
                .containsOnlyKeys("a", "b", "c");
    }

    @Test
    void a_canary_gets_its_share_of_the_recipients_and_always_the_same_ones() {
        Balancer balancer = Balancer.canary(Destination.at("c", 25), 10, Balancer.inOrder());
        Map<String, Integer> chosen = choices(balancer, THREE, 10_000, i -> to("r" + i + "@x.test"));
        assertThat(chosen).containsOnlyKeys("a", "c");
        assertThat(chosen.get("c")).isCloseTo(1_000, within(150));
        assertThat(choices(balancer, THREE, 100, BalancerTest::envelope)).containsOnlyKeys("a");
        for (int i = 0; i < 500; i++) {
            assertThat(balancer.choose(THREE, to("R" + i + "@x.test")))
                    .isEqualTo(balancer.choose(THREE, to("r" + i + "@X.test")));
        }
        assertThat(choices(balancer, THREE.subList(2, 3), 10, BalancerTest::envelope))
                .containsOnlyKeys("c");
    }

    @Test
    void a_share_that_is_none_is_refused() {
        for (double percent : new double[] {0, -1, 100.1, Double.NaN}) {
            assertThatThrownBy(() -> Balancer.canary(Destination.at("c", 25), percent, Balancer.inOrder()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("percent must be above 0 and at most 100, was " + percent);
        }
        DestinationGroup group = DestinationGroup.of(Destination.at("a", 25));
        assertThatThrownBy(() -> group.and(Destination.at("b", 25), 0))
                .hasMessage("weight must be between 1 and 1000, was 0");
        assertThatThrownBy(() -> group.and(Destination.at("a", 25), 1)).hasMessageContaining("each destination once");
    }
}
