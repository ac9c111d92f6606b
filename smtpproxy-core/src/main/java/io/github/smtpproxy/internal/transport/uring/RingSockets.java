package io.github.smtpproxy.internal.transport.uring;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

/** The sockets of a ring by their numbers. Who adds or removes holds the ring's lock; the loop's thread reads without. */
final class RingSockets {

    private volatile RingSocket[] sockets = new RingSocket[64];
    private int[] free = new int[64];
    private int freeCount;
    private int used;

    int add(RingSocket socket) {
        if (freeCount == 0 && used == sockets.length) {
            grow();
        }
        int number = freeCount > 0 ? free[--freeCount] : used++;
        sockets[number] = socket;
        return number;
    }

    /** Should there be no memory for it, nothing has changed. */
    private void grow() {
        RingSocket[] more = Arrays.copyOf(sockets, 2 * used);
        free = Arrays.copyOf(free, 2 * used);
        sockets = more;
    }

    RingSocket get(int number) {
        return sockets[number];
    }

    /** Nothing, if it is not there any more. */
    void remove(RingSocket socket) {
        int number = socket.number();
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
