package io.github.smtpproxy.internal.relay;

import java.util.function.Supplier;

/** The listener library's part in transactions: it makes what relays each, and is called at its end. */
public interface TransactionHook {

    /**
     * A transaction begins.
     *
     * @param relay makes what MAIL, RCPT and the message go through; called once
     */
    TransactionRelay begin(Supplier<TransactionRelay> relay);

    /** It ended. */
    void end();
}
