package io.github.smtpproxy.internal.transport.loop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * How an event loop waits for its sockets: with a selector, or with an io_uring. All but {@link #wakeup} is called by the
 * thread that serves the loop.
 */
public interface Poller {

    /** Wakes the threads whose sockets are ready, without waiting. */
    void pollNow() throws IOException;

    /** Waits until a socket is ready or the time has passed, then as {@link #pollNow}. 0 nanoseconds: no limit. */
    void poll(long nanos) throws IOException;

    /** Ends a {@link #poll}. Any thread. */
    void wakeup();

    /** The sockets that have been waited for and are not closed yet. */
    Stream<? extends EventLoopSocket> sockets();

    void close();

    /** Opens pollers of one kind, and the sockets that go with them. */
    interface Factory {

        Poller open() throws IOException;

        /**
         * @param channel connected, or to be connected by {@link EventLoopSocket#finishConnect}
         * @param loops gives a loop to a socket that is first waited for on a thread without one
         */
        EventLoopSocket socket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
                throws IOException;
    }
}
