package io.github.smtpproxy.internal.transport.loop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** How a loop waits for its sockets. All but {@link #wakeup} on the loop's thread. */
public interface Poller {

    /** Looks at the sockets, and wakes who waited for what has happened there. */
    void look() throws IOException;

    /** As {@link #look}, once something has happened, or so much time has passed; 0 is without end. */
    void await(long nanos) throws IOException;

    /** Ends a wait. Any thread. */
    void wakeup();

    /** Those that are waited for. */
    Stream<? extends EventLoopSocket> sockets();

    /** There is nothing left to wait for. */
    void close();

    /** Makes pollers, and the sockets that they can wait for. */
    interface Kind {

        Poller open() throws IOException;

        /**
         * @param channel connected, or about to be by {@link EventLoopSocket#finishConnect}
         * @param loops asked for one where the thread that waits first has none
         */
        EventLoopSocket socket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
                throws IOException;
    }
}
