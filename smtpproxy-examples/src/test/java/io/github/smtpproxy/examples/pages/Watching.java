package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** The code of the page on watching. */
final class Watching {

    private Watching() {}

    // snippet: count-outcomes
    /** Counts how transactions end, and who rejects. */
    record Counters(Map<Object, LongAdder> counts) implements ProxyListener {

        Counters() {
            this(new ConcurrentHashMap<>());
        }

        @Override
        public void transactionEnded(Transaction transaction, Outcome outcome) {
            counts.computeIfAbsent(outcome.result(), r -> new LongAdder()).increment();
        }

        @Override
        public void refused(Session session, Refusal refusal) {
            counts.computeIfAbsent(refusal.by(), r -> new LongAdder()).increment();
        }
    }
    // end

    static void write(SmtpProxyBuilder builder) {
        // snippet: transcript
        builder.transcript((session, lane, fromProxy, line) ->
                System.out.println(session + " " + lane + (fromProxy ? " < " : " > ") + line));
        // end
    }
}
