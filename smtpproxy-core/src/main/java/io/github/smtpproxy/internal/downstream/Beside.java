package io.github.smtpproxy.internal.downstream;

/** What runs beside the sessions of a proxy, until it is closed. Any thread. */
public interface Beside {

    void close();
}
