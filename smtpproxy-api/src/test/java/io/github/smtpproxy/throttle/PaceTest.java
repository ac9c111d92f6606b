package io.github.smtpproxy.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.event.Throttled;
import io.github.smtpproxy.event.Throttled.Decision;
import io.github.smtpproxy.protocol.Reply;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PaceTest {

    @Test
    void go_grants_all_at_once() {
        assertThat(Pace.go().delay()).isZero();
        assertThat(Pace.go().octets()).isEmpty();
        assertThat(Pace.go().refusal()).isEmpty();
    }

    @Test
    void a_grant_has_its_octets_and_its_delay() {
        Pace pace = Pace.grant(5, Duration.ofSeconds(2));
        assertThat(pace.octets()).hasValue(5);
        assertThat(pace.delay()).isEqualTo(Duration.ofSeconds(2));
        assertThat(Pace.grant(5).delay()).isZero();
    }

    @Test
    void a_grant_of_nothing_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Pace.grant(0))
                .withMessage("octets must be at least 1, was 0");
    }

    @Test
    void a_refusal_that_is_none_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Pace.refuse(Reply.of(250, "Ok")))
                .withMessage("refusal must be 4xx or 5xx, was 250 Ok");
    }

    @Test
    void two_together_wait_for_both_grant_the_fewer_octets_and_refuse_as_the_first() {
        Pace both = Pace.grant(5, Duration.ofSeconds(2)).and(Pace.grant(3, Duration.ofSeconds(1)));
        assertThat(both.delay()).isEqualTo(Duration.ofSeconds(3));
        assertThat(both.octets()).hasValue(3);
        Pace refused = both.and(Pace.refuse(Reply.of(450, "a"))).and(Pace.refuse(Reply.of(550, "b")));
        assertThat(refused.refusal()).map(Reply::code).contains(450);
        assertThat(Pace.after(Duration.ofDays(1))
                        .and(Pace.after(Duration.ofDays(1)))
                        .delay())
                .isEqualTo(Duration.ofDays(1));
    }

    @Test
    void a_hold_takes_no_delay_of_others_with_it() {
        CompletableFuture<Void> letGo = new CompletableFuture<>();
        Pace both = Pace.after(Duration.ofSeconds(1)).and(Pace.hold(Duration.ofSeconds(2), letGo));
        assertThat(both.delay()).isEqualTo(Duration.ofSeconds(3));
        assertThat(both.held()).isEqualTo(Duration.ofSeconds(2));
        assertThat(both.letGo()).containsSame(letGo);
        assertThat(Pace.after(Duration.ofSeconds(1)).held()).isZero();
    }

    @Test
    void who_is_held_by_two_is_let_go_by_one_and_both_are_told() {
        CompletableFuture<Void> one = new CompletableFuture<>();
        CompletableFuture<Void> other = new CompletableFuture<>();
        Pace both = Pace.hold(Duration.ofSeconds(1), one).and(Pace.hold(Duration.ofSeconds(2), other));
        assertThat(both.held()).isEqualTo(Duration.ofSeconds(3));
        assertThat(both.letGo().orElseThrow().toCompletableFuture()).isNotDone();
        one.complete(null);
        assertThat(both.letGo().orElseThrow().toCompletableFuture()).isDone();
        assertThat(other).isCancelled();
    }

    @Test
    void a_client_that_goes_on_is_told_to_both_that_held_it() {
        CompletableFuture<Void> one = new CompletableFuture<>();
        CompletableFuture<Void> other = new CompletableFuture<>();
        Pace both = Pace.hold(Duration.ofSeconds(1), one).and(Pace.hold(Duration.ofSeconds(2), other));
        both.letGo().orElseThrow().toCompletableFuture().cancel(false);
        assertThat(one).isCancelled();
        assertThat(other).isCancelled();
    }

    @Test
    void a_refusal_that_does_not_count_leaves_the_hold() {
        CompletableFuture<Void> letGo = new CompletableFuture<>();
        Pace pace = Pace.hold(Duration.ofSeconds(1), letGo)
                .and(Pace.refuse(Reply.of(450, "a")))
                .withoutRefusal();
        assertThat(pace.refusal()).isEmpty();
        assertThat(pace.held()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_hold_that_is_observed_holds_nobody() {
        CompletableFuture<Void> letGo = new CompletableFuture<>();
        Pace pace = Pace.hold(Duration.ofSeconds(1), letGo).because(Throttled.by("Mine"));
        assertThat(pace.observed().held()).isZero();
        assertThat(letGo).isCancelled();
    }

    @Test
    void a_reason_is_told_with_what_it_leads_to_and_what_goes_on_needs_none() {
        Throttled reason = Throttled.by("Mine").rule("a:b=1/s", "k");
        assertThat(Pace.go().because(reason).reasons()).isEmpty();
        Pace both = Pace.after(Duration.ofSeconds(1))
                .because(reason)
                .and(Pace.refuse(Reply.of(450, "a")).because(reason));
        assertThat(both.reasons()).extracting(Throttled::decision).containsExactly(Decision.DELAYED, Decision.REFUSED);
    }

    @Test
    void one_that_is_observed_goes_on_and_keeps_its_reasons() {
        Pace pace =
                Pace.refuse(Reply.of(450, "a")).because(Throttled.by("Mine")).observed();
        assertThat(pace.goesOnAtOnce()).isTrue();
        assertThat(pace.reasons()).extracting(Throttled::decision).containsExactly(Decision.OBSERVED);
        assertThat(pace.reasons().get(0).refusal()).isPresent();
        assertThat(Pace.go().observed()).isSameAs(Pace.go());
    }

    @Test
    void a_reason_is_one_line_of_the_log() {
        assertThat(Throttled.by("Mine").rule("a\r\nb", "\u00e4".repeat(300)).delayed(Duration.ofSeconds(1)))
                .hasToString("Mine DELAYED a??b key=" + "?".repeat(200) + " delay=1000ms");
    }
}
