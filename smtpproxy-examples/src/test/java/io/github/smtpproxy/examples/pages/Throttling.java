package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Stress;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.DelayGreeting;
import io.github.smtpproxy.throttling.LimitBandwidth;
import io.github.smtpproxy.throttling.LimitKey;
import io.github.smtpproxy.throttling.LimitRate;
import io.github.smtpproxy.throttling.LimitSessions;
import io.github.smtpproxy.throttling.RefuseViolations;
import io.github.smtpproxy.throttling.SlowByAnswers;
import io.github.smtpproxy.throttling.Tarpit;
import io.github.smtpproxy.throttling.Throttles;
import io.github.smtpproxy.throttling.WatchSender;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;

/** The code of the page on throttling. */
final class Throttling {

    private Throttling() {}

    static void limits(SmtpProxyBuilder proxy) {
        // snippet: rates
        proxy.throttle(Throttles.sensible());
        proxy.throttle(LimitRate.of(Counted.MESSAGES).by(LimitKey.client()).to(Rate.parse("500/min, burst 50")));
        proxy.throttle(LimitRate.of(Counted.RECIPIENTS)
                .by(LimitKey.user())
                .to(Rate.parse("1000/d"))
                .unless(Clients.local()));
        proxy.throttle(LimitSessions.by(LimitKey.network(24, 64)).to(20));
        // end
    }

    private static final Key<Duration> LISTED = Key.of("delay of clients on a list", Duration.class);

    static void slow(SmtpProxyBuilder proxy) {
        // snippet: slow
        proxy.throttle(DelayGreeting.by(Duration.ofSeconds(6)).teaser("mx.example.org asks for patience"));
        proxy.throttle(RefuseViolations.all());
        proxy.throttle(Tarpit.perError(Duration.ofSeconds(1))
                .also(s -> s.attribute(LISTED).orElse(Duration.ZERO)));
        proxy.throttle(LimitBandwidth.to(65_536).by(LimitKey.network(24, 64)));
        proxy.timeouts(Timeouts.defaults().minimumRate(500));
        // end
    }

    static void delayed(SmtpProxyBuilder proxy) {
        // snippet: delayed-and-observed
        LimitRate slow = LimitRate.of(Counted.MESSAGES).to(Rate.parse("10/s")).delaying(Duration.ofSeconds(5));
        LimitRate tried =
                LimitRate.of(Counted.OCTETS).by(LimitKey.senderDomain()).to(Rate.parse("500000000/h"));
        proxy.throttle(Throttles.all(slow, Observe.only(tried)));
        // end
    }

    static void answers(SmtpProxyBuilder proxy) {
        // snippet: slow-by-answers
        SlowByAnswers ofDestination = SlowByAnswers.destination();
        SlowByAnswers ofDomains = SlowByAnswers.by(LimitKey.recipientDomain())
                .after(3, Duration.ofMinutes(5))
                .lasting(Duration.ofMinutes(2), Duration.ofHours(2));
        for (SlowByAnswers slow : List.of(ofDestination, ofDomains)) {
            proxy.throttle(slow).listener(slow);
        }
        // end
    }

    static void outbound(SmtpProxyBuilder proxy) {
        // snippet: watch-sender
        proxy.throttle(WatchSender.by(LimitKey.user()).from(30, 20).lasting(Duration.ofHours(1), Duration.ofHours(4)));
        proxy.throttle(LimitRate.of(Counted.MESSAGES).by(LimitKey.user()).to(Rate.parse("200/h")));
        proxy.throttle(LimitRate.of(Counted.RECIPIENTS).by(LimitKey.user()).to(Rate.parse("1000/d")));
        proxy.filter(ScanWithRspamd.at("http://127.0.0.1:11333").exempt(Clients.none()));
        // end
    }

    static void underAttack(SmtpProxyBuilder proxy) {
        // snippet: under-attack
        Reputation reputation = Reputation.inMemory();
        proxy.listener(reputation).underAttack(Stress.defaults().score(reputation::of));
        // end
    }

    static Throttle slowDown() {
        // snippet: slow-down
        Throttle slowDownErrors = step -> step instanceof Step.Refusal ? Pace.after(Duration.ofSeconds(2)) : Pace.go();
        // end
        return slowDownErrors;
    }

    static Throttle bandwidth() {
        // snippet: bandwidth
        Throttle bandwidth = step -> step instanceof Step.Data ? Pace.grant(65_536, Duration.ofMillis(125)) : Pace.go();
        // end
        return bandwidth;
    }

    // snippet: concurrency
    /** At most so many transactions at once. */
    record AtMost(Semaphore transactions) implements Throttle {

        @Override
        public Pace before(Step step) {
            boolean go = !(step instanceof Step.Mail) || transactions.tryAcquire();
            return go ? Pace.go() : Pace.refuse(Reply.refusal(450, "4.7.1", "Too many messages at once"));
        }

        @Override
        public void ended(Step step) {
            if (step instanceof Step.Mail) {
                transactions.release();
            }
        }
    }
    // end
}
