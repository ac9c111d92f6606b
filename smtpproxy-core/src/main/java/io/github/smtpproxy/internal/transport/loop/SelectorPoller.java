package io.github.smtpproxy.internal.transport.loop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits with a {@link Selector}, on every system. */
public class SelectorPoller implements Poller {

    public static final Factory FACTORY = new Factory() {
        @Override
        public Poller open() throws IOException {
            return new SelectorPoller();
        }

        @Override
        public EventLoopSocket socket(SocketChannel channel, InetSocketAddress remote, Supplier<EventLoop> loops)
                throws IOException {
            return new SelectedSocket(channel, remote, loops);
        }
    };

    private static final Logger log = LoggerFactory.getLogger(SelectorPoller.class);
    private static final long MILLI = 1_000_000;

    private final Selector selector = Selector.open();
    private final TransferBuffer buffer = TransferBuffer.allocate();
    private final Consumer<SelectionKey> dispatch = SelectorPoller::dispatch;

    protected SelectorPoller() throws IOException {}

    /** Called at the first wait of a socket. */
    SelectionKey register(SelectedSocket socket, int interest) throws IOException {
        return socket.channel().register(selector, interest, socket);
    }

    TransferBuffer buffer() {
        return buffer;
    }

    @Override
    public void pollNow() throws IOException {
        selector.selectNow(dispatch);
    }

    @Override
    public void poll(long nanos) throws IOException {
        selector.select(dispatch, nanos == 0 ? 0 : nanos / MILLI + 1);
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public Stream<? extends EventLoopSocket> sockets() {
        return selector.keys().stream().map(key -> (EventLoopSocket) key.attachment());
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            log.debug("selector not closed: {}", e.toString());
        }
    }

    private static void dispatch(SelectionKey key) {
        try {
            ((SelectedSocket) key.attachment()).signal(key, key.readyOps());
        } catch (CancelledKeyException closed) {
            // close() has woken the waiting threads
        }
    }
}
