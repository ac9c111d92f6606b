package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import io.github.smtpproxy.throttle.Throttle;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/** The code of the page on throttling. */
final class Throttling {

    private Throttling() {}

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
