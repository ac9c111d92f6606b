package io.github.smtpproxy.internal.downstream;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The addresses of one host in the order in which they are tried: the families in turn, as RFC 8305 §4 has it. */
final class Interleaved {

    /** However many a name has, a client waits for so many of them. */
    private static final int MAX = 8;

    private Interleaved() {}

    /** Those of the first one's family and of the other, one by one. */
    static List<InetSocketAddress> addresses(InetAddress[] all, int port) {
        Deque<InetAddress> first = new ArrayDeque<>();
        Deque<InetAddress> other = new ArrayDeque<>();
        for (InetAddress address : all) {
            (address.getClass() == all[0].getClass() ? first : other).addLast(address);
        }
        List<InetSocketAddress> ordered = new ArrayList<>();
        while (ordered.size() < MAX && !(first.isEmpty() && other.isEmpty())) {
            Deque<InetAddress> next = first.isEmpty() ? other : first;
            ordered.add(new InetSocketAddress(next.removeFirst(), port));
            Deque<InetAddress> swap = first;
            first = other;
            other = swap;
        }
        return ordered;
    }
}
