package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.sender.VerifySender;
import io.github.smtpproxy.filters.spf.SpfResult;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import java.util.List;

/** The code of the page on verified senders. */
final class Senders {

    private Senders() {}

    static void report(SmtpProxyBuilder proxy) {
        // snippet: verify-sender
        proxy.filter(VerifySender.as("mx.example.org"));
        // end
    }

    static void enforce(SmtpProxyBuilder proxy) {
        // snippet: verify-sender-enforce
        proxy.filter(VerifySender.as("mx.example.org")
                .forwarders(Clients.in(List.of(AddressRange.parse("203.0.113.0/24"))))
                .enforce());
        // end
    }

    // snippet: verify-sender-results
    /** Refuses clients that their sender's domain disowns. */
    record RefuseSpfFail() implements Filter {

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            return next.transaction()
                            .attribute(VerifySender.SPF)
                            .filter(spf -> spf.code() == SpfResult.Code.FAIL)
                            .isPresent()
                    ? Reply.reject("5.7.23", "SPF validation failed")
                    : next.proceed(rcpt);
        }
    }
    // end
}
