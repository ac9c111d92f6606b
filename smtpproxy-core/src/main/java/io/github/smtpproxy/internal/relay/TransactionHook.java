package io.github.smtpproxy.internal.relay;

/** Told when a transaction begins and ends, so that the listener library can keep count of it. */
public interface TransactionHook {

    void began();

    void ended();
}
