package io.github.smtpproxy.internal.transport.loop;

import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.Mishaps;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Deadline;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Event loops that carry the sessions' virtual threads: session code waits as on any socket, and the loop that carries it
 * goes on with another session meanwhile.
 */
public final class EventLoopNetwork implements Network {

    /** How long a task may have a loop to itself is between one tick and two. */
    private static final long TICK_NANOS = 10_000_000;

    private static final long SPARE_SECONDS = 1;
    private static final Comparator<EventLoop> LOAD = Comparator.comparingInt(EventLoop::sessions);

    private final Poller.Kind kind;
    private final String waitsWith;
    private final List<EventLoop> loops = new ArrayList<>();
    private final Thread relief = new Thread(this::relieveForever, "smtpproxy-relief");
    private final Mishaps mishaps = new Mishaps("relieving event loops");
    private volatile boolean closed;

    private EventLoopNetwork(Poller.Kind kind, String waitsWith) {
        this.kind = kind;
        this.waitsWith = waitsWith;
    }

    /** Why event loops cannot be had in this JVM, with what would help; empty if they can. */
    public static Optional<String> unavailable() {
        return CarriedThreads.unavailable();
    }

    /** What its loops wait with, and where that is not an io_uring, why. */
    public String waitsWith() {
        return waitsWith;
    }

    /**
     * Starts event loops.
     *
     * @param waitsWith what they wait with, for the log
     * @throws IllegalStateException if there are none here, see {@link #unavailable}
     */
    public static EventLoopNetwork start(int loops, Poller.Kind kind, String waitsWith) {
        unavailable().ifPresent(why -> {
            throw new IllegalStateException("no event loops: " + why);
        });
        return start(loops, kind, waitsWith, platformThreads());
    }

    /** @param spares see {@link EventLoop} */
    public static EventLoopNetwork start(int loops, Poller.Kind kind, String waitsWith, Executor spares) {
        EventLoopNetwork transport = new EventLoopNetwork(kind, waitsWith);
        try {
            for (int i = 0; i < loops; i++) {
                EventLoop loop = new EventLoop(kind.open(), spares);
                loop.start();
                transport.loops.add(loop);
            }
            transport.relief.setDaemon(true);
            transport.relief.start();
            return transport;
        } catch (IOException e) {
            transport.close();
            throw new IllegalStateException("no event loops: " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            transport.close();
            throw e;
        }
    }

    @Override
    public ListeningSocket listen() throws IOException {
        return new ChannelListeningSocket(kind, this::idlest);
    }

    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        if (to.isUnresolved()) {
            throw new UnknownHostException(to.getHostString());
        }
        boolean v4 = to.getAddress() instanceof Inet4Address;
        SocketChannel channel = v4 ? SocketChannel.open(StandardProtocolFamily.INET) : SocketChannel.open();
        EventLoopSocket socket;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.connect(to);
            socket = kind.socket(channel, to, this::idlest);
        } catch (Throwable e) {
            channel.close();
            throw e;
        }
        return connected(socket, timeout, begun);
    }

    private static Socket connected(EventLoopSocket socket, Duration timeout, Consumer<Socket> begun)
            throws IOException {
        try {
            begun.accept(socket);
            socket.finishConnect(timeout);
            return socket;
        } catch (Throwable e) {
            // by then the loop may know it, and such a channel is not closed by itself
            socket.close();
            throw e;
        }
    }

    @Override
    public Executor threads() {
        return this::session;
    }

    @Override
    public Deadline watch(Socket socket) {
        return ((EventLoopSocket) socket).deadline();
    }

    /**
     * {@inheritDoc} A loop that is held is taken over by another thread, see {@link EventLoop#relieve}; where that
     * happened of late, it is left to another thread at once. So code that is quick costs nothing.
     */
    @Override
    public void mayHold() {
        EventLoop loop = EventLoop.current();
        if (loop != null) {
            loop.mayBeHeld();
        }
    }

    @Override
    public void close() {
        closed = true;
        loops.forEach(EventLoop::close);
        LockSupport.unpark(relief);
    }

    private void session(Runnable session) {
        mishaps.tell();
        loops.forEach(EventLoop::tellMishaps);
        if (idlest().session(session)) {
            LockSupport.unpark(relief);
        }
    }

    private EventLoop idlest() {
        return Collections.min(loops, LOAD);
    }

    private void relieveForever() {
        while (!closed || anySessions()) {
            try {
                if (anySessions()) {
                    LockSupport.parkNanos(TICK_NANOS);
                } else {
                    LockSupport.park();
                }
                // and nothing is logged here: who has the log's lock may be what is to be relieved
                loops.forEach(EventLoop::relieve);
            } catch (Throwable noThread) {
                mishaps.note(noThread);
            }
        }
    }

    /** Allocates nothing: it is asked outside of all guards. */
    private boolean anySessions() {
        for (int i = 0; i < loops.size(); i++) {
            if (loops.get(i).sessions() > 0) {
                return true;
            }
        }
        return false;
    }

    /** A thread for each loop, and one more for each task that holds the one it had. */
    private static Executor platformThreads() {
        return new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, SPARE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), loop -> {
                    Thread thread = new Thread(loop, "smtpproxy-loop");
                    thread.setDaemon(true);
                    return thread;
                });
    }
}
