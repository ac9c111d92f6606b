package io.github.smtpproxy.internal.transport.loop;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The tasks of a loop in their order, for any number of threads. Whoever adds one allocates nothing as long as there is
 * room: what a session needs to go on, and so to end and give its memory back, must be had when there is no memory.
 */
final class TaskQueue {

    private static final int ROOM = 64;

    /** Held for a few instructions. */
    private final AtomicBoolean locked = new AtomicBoolean();

    private Runnable[] tasks = new Runnable[ROOM];
    private int first;
    private volatile int size;

    /** Makes room for so many. */
    void reserve(int count) {
        if (count > tasks.length) {
            lock();
            try {
                grow(count);
            } finally {
                unlock();
            }
        }
    }

    void add(Runnable task) {
        lock();
        try {
            grow(size + 1);
            tasks[first + size & tasks.length - 1] = task;
            size = size + 1;
        } finally {
            unlock();
        }
    }

    /** The next one, or null. */
    Runnable poll() {
        if (size == 0) {
            return null;
        }
        lock();
        Runnable next = null;
        if (size > 0) {
            next = tasks[first];
            tasks[first] = null;
            first = first + 1 & tasks.length - 1;
            size = size - 1;
        }
        unlock();
        return next;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Takes it out again; false if it is not there any more. */
    boolean remove(Runnable task) {
        lock();
        int found = -1;
        for (int i = 0; i < size; i++) {
            int at = first + i & tasks.length - 1;
            if (found < 0 && tasks[at] == task) {
                found = i;
            } else if (found >= 0) {
                tasks[at - 1 & tasks.length - 1] = tasks[at];
            }
        }
        if (found >= 0) {
            tasks[first + size - 1 & tasks.length - 1] = null;
            size = size - 1;
        }
        unlock();
        return found >= 0;
    }

    /** With the lock. Should there be no memory for it, nothing has changed. */
    private void grow(int count) {
        int length = tasks.length;
        if (count > length) {
            Runnable[] more = Arrays.copyOf(tasks, Integer.highestOneBit(count - 1) << 1);
            // what stood before the first one comes behind the others
            System.arraycopy(tasks, 0, more, length, first);
            Arrays.fill(more, 0, first, null);
            tasks = more;
        }
    }

    private void lock() {
        while (!locked.compareAndSet(false, true)) {
            Thread.onSpinWait();
        }
    }

    private void unlock() {
        locked.set(false);
    }
}
