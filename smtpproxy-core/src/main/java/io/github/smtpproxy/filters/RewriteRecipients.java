package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** Rewrites recipients when they come, so that the destination's reply is the one to the new address. */
public final class RewriteRecipients implements Filter {

    private final UnaryOperator<Mailbox> rewriting;

    private RewriteRecipients(UnaryOperator<Mailbox> rewriting) {
        this.rewriting = rewriting;
    }

    /** Rewrites by a function, which returns an address that is to stay as it got it; parameters of RCPT stay. */
    public static RewriteRecipients by(UnaryOperator<Mailbox> rewriting) {
        Objects.requireNonNull(rewriting, "rewriting");
        return new RewriteRecipients(rewriting);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        return next.proceed(rcpt.withRecipient(rewriting.apply(rcpt.recipient())));
    }
}
