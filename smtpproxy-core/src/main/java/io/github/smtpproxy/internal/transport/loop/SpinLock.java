package io.github.smtpproxy.internal.transport.loop;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lock for a few instructions: no system call, no wait and no copy of a message while it is held. It allocates nothing.
 *
 * <p>A monitor or a lock that parks would not do. It may be handed over to a virtual thread that only the loop can run,
 * while the loop's own thread waits for it.
 */
public final class SpinLock {

    private final AtomicBoolean locked = new AtomicBoolean();

    public void lock() {
        while (!locked.compareAndSet(false, true)) {
            Thread.onSpinWait();
        }
    }

    public void unlock() {
        locked.set(false);
    }

    public boolean isLocked() {
        return locked.get();
    }
}
