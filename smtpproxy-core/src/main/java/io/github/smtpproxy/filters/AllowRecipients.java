package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;

/** Refuses all recipients but some, with {@code 550 5.7.1}: a test system never mails a customer. */
public final class AllowRecipients implements Filter {

    private final Recipients allowed;

    private AllowRecipients(Recipients allowed) {
        this.allowed = allowed;
    }

    /**
     * Lets these through only.
     *
     * @param domainsOrAddresses {@code example.org}; {@code .example.org} for the domains below it; {@code a@example.org}.
     *     At least one; upper and lower case are the same
     */
    public static AllowRecipients only(String... domainsOrAddresses) {
        Recipients allowed = Recipients.of(domainsOrAddresses);
        if (allowed.isEmpty()) {
            throw new IllegalArgumentException("allowed recipients must be at least 1, was 0");
        }
        return new AllowRecipients(allowed);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        if (allowed.contain(rcpt.recipient())) {
            return next.proceed(rcpt);
        }
        next.verdict(Verdict.of("AllowRecipients", Decision.REFUSE)
                .rule(rcpt.recipient().toString()));
        return Reply.reject(
                "5.7.1", "Recipient is not allowed here (" + next.transaction().id() + ")");
    }
}
