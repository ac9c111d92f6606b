package io.github.smtpproxy.inspect;

import java.util.Optional;

/** A request while a thread serves it. Any thread may cut it. */
final class Turn implements Runnable {

    private final Runnable exchange;
    private Optional<Thread> thread = Optional.empty();
    private boolean cut;

    Turn(Runnable exchange) {
        this.exchange = exchange;
    }

    @Override
    public void run() {
        begin(Thread.currentThread());
        try {
            exchange.run();
        } finally {
            end();
        }
    }

    private synchronized void begin(Thread by) {
        thread = Optional.of(by);
        if (cut) {
            by.interrupt();
        }
    }

    /** What comes too late does not meet the next request of this thread. */
    private synchronized void end() {
        thread = Optional.empty();
        Thread.interrupted();
    }

    /**
     * Ends it. An interrupt is all that reaches a connection of the JDK's HTTP server from outside: it closes the channel on
     * which the thread waits, or on which it will read or write next.
     */
    synchronized void cut() {
        cut = true;
        thread.ifPresent(Thread::interrupt);
    }
}
