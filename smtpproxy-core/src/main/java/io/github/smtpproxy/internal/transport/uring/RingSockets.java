package io.github.smtpproxy.internal.transport.uring;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

/** The sockets of a ring by number. Changed with the ring's lock; read without it by the thread that waits. */
final class RingSockets {

    private static final int INITIAL_CAPACITY = 64;

    private volatile RingSocket[] sockets = new RingSocket[INITIAL_CAPACITY];
    private int[] free = new int[INITIAL_CAPACITY];
    private int freeCount;
    private int used;

    /** Returns the number of the socket. */
    int add(RingSocket socket) {
        if (freeCount == 0 && used == sockets.length) {
            grow();
        }
        int number = freeCount > 0 ? free[--freeCount] : used++;
        sockets[number] = socket;
        return number;
    }

    /** If there is no memory, nothing has changed. */
    private void grow() {
        RingSocket[] more = Arrays.copyOf(sockets, 2 * used);
        free = Arrays.copyOf(free, 2 * used);
        sockets = more;
    }

    RingSocket get(int number) {
        return sockets[number];
    }

    /** Does nothing if the socket has been removed already. */
    void remove(int number, RingSocket socket) {
        if (sockets[number] == socket) {
            sockets[number] = null;
            free[freeCount++] = number;
        }
    }

    boolean any() {
        return freeCount < used;
    }

    Stream<RingSocket> all() {
        return Arrays.stream(sockets).filter(Objects::nonNull);
    }
}
