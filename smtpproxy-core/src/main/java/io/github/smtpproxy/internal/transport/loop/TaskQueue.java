package io.github.smtpproxy.internal.transport.loop;

import java.util.Arrays;

/**
 * The tasks of a loop, first in, first out, for any number of threads. {@link #add} allocates only to grow, and {@link
 * #reserve} grows ahead of it: a session that has to end in order to free memory must not need memory for that.
 */
final class TaskQueue {

    private static final int INITIAL_CAPACITY = 64;

    private final SpinLock lock = new SpinLock();
    /** A ring; its length is a power of two. */
    private Runnable[] tasks = new Runnable[INITIAL_CAPACITY];

    private int first;
    private volatile int size;

    /** Makes room for this many tasks. */
    void reserve(int count) {
        if (count > tasks.length) {
            lock.lock();
            try {
                grow(count);
            } finally {
                lock.unlock();
            }
        }
    }

    void add(Runnable task) {
        lock.lock();
        try {
            grow(size + 1);
            tasks[first + size & tasks.length - 1] = task;
            size = size + 1;
        } finally {
            lock.unlock();
        }
    }

    /** The next task, or null. */
    Runnable poll() {
        if (size == 0) {
            return null;
        }
        lock.lock();
        Runnable next = null;
        if (size > 0) {
            next = tasks[first];
            tasks[first] = null;
            first = first + 1 & tasks.length - 1;
            size = size - 1;
        }
        lock.unlock();
        return next;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Returns false if the task has already been taken. */
    boolean remove(Runnable task) {
        lock.lock();
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
        lock.unlock();
        return found >= 0;
    }

    /** With the lock. If there is no memory, nothing has changed. */
    private void grow(int count) {
        int length = tasks.length;
        if (count > length) {
            Runnable[] more = Arrays.copyOf(tasks, Integer.highestOneBit(count - 1) << 1);
            // the tasks that had wrapped around to the front follow the others
            System.arraycopy(tasks, 0, more, length, first);
            Arrays.fill(more, 0, first, null);
            tasks = more;
        }
    }
}
