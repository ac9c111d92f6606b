package io.github.smtpproxy.internal.transport.loop;

import io.github.smtpproxy.internal.transport.ChannelListeningSocket;
import io.github.smtpproxy.internal.transport.ChannelNetwork;
import io.github.smtpproxy.internal.transport.ListeningSocket;
import io.github.smtpproxy.internal.transport.SurvivedErrors;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A few {@linkplain EventLoop event loops} that carry the sessions' virtual threads. Session code blocks as on any socket,
 * and the loop runs another session meanwhile. One more thread watches for loops that are stuck, see {@link TakeOver}.
 */
public final class EventLoopNetwork implements ChannelNetwork {

    /** A task may block its loop for one tick at least, two at most, before another thread takes over. */
    private static final long TICK_NANOS = 10_000_000;

    private static final long IDLE_THREAD_SECONDS = 1;
    private static final Comparator<EventLoop> LOAD = Comparator.comparingInt(EventLoop::sessions);

    private final Poller.Factory pollers;
    private final String pollersName;
    private final List<EventLoop> loops = new ArrayList<>();
    private final Map<EventLoop, TakeOver> takeOvers = new HashMap<>();
    private final Thread watcher = new Thread(this::watch, "smtpproxy-loop-watcher");
    private final SurvivedErrors errors = new SurvivedErrors("watching event loops");
    private volatile boolean closed;

    private EventLoopNetwork(Poller.Factory pollers, String pollersName) {
        this.pollers = pollers;
        this.pollersName = pollersName;
    }

    /** Why this JVM can have no event loops, and what would help; empty if it can. */
    public static Optional<String> unavailable() {
        return CarriedThreads.unavailable();
    }

    /**
     * Starts event loops.
     *
     * @param pollersName what they wait with, for the log
     * @throws IllegalStateException if this JVM can have none, see {@link #unavailable}
     */
    public static EventLoopNetwork start(int loops, Poller.Factory pollers, String pollersName) {
        unavailable().ifPresent(why -> {
            throw new IllegalStateException("no event loops: " + why);
        });
        return start(loops, pollers, pollersName, platformThreads());
    }

    /** @param threads see {@link EventLoop} */
    public static EventLoopNetwork start(int loops, Poller.Factory pollers, String pollersName, Executor threads) {
        EventLoopNetwork network = new EventLoopNetwork(pollers, pollersName);
        try {
            for (int i = 0; i < loops; i++) {
                EventLoop loop = new EventLoop(pollers.open(), threads);
                loop.start();
                network.loops.add(loop);
                network.takeOvers.put(loop, new TakeOver(loop, threads, network.errors));
            }
            network.watcher.setDaemon(true);
            network.watcher.start();
            return network;
        } catch (IOException e) {
            network.close();
            throw new IllegalStateException("no event loops: " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }

    /** What its loops wait with. */
    public String pollersName() {
        return pollersName;
    }

    @Override
    public String toString() {
        return loops.size() + " event loops that wait with " + pollersName;
    }

    @Override
    public ListeningSocket listen() throws IOException {
        return listen(ChannelListeningSocket.Opener.JDK);
    }

    @Override
    public ListeningSocket listen(ChannelListeningSocket.Opener opener) throws IOException {
        return new ChannelListeningSocket(opener, (channel, remote) -> pollers.socket(channel, remote, this::idlest));
    }

    @Override
    public Socket connect(InetSocketAddress to, Duration timeout, Consumer<Socket> begun) throws IOException {
        if (to.isUnresolved()) {
            throw new UnknownHostException(to.getHostString());
        }
        boolean v4 = to.getAddress() instanceof Inet4Address;
        return connect(v4 ? SocketChannel.open(StandardProtocolFamily.INET) : SocketChannel.open(), to, timeout, begun);
    }

    @Override
    public Socket connect(SocketChannel channel, InetSocketAddress to, Duration timeout, Consumer<Socket> begun)
            throws IOException {
        EventLoopSocket socket;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.connect(to);
            socket = pollers.socket(channel, to, this::idlest);
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
            // the socket, not the channel: the poller may watch it by now
            socket.close();
            throw e;
        }
    }

    @Override
    public Executor threads() {
        return this::startSession;
    }

    @Override
    public Object carrier() {
        EventLoop loop = EventLoop.current();
        return loop == null ? this : loop;
    }

    @Override
    public Deadline watch(Socket socket) {
        return ((EventLoopSocket) socket).deadline();
    }

    @Override
    public void mayHold() {
        TakeOver current = takeOvers.get(EventLoop.current());
        if (current != null) {
            current.beforeBlocking();
        }
    }

    @Override
    public void close() {
        closed = true;
        loops.forEach(EventLoop::close);
        LockSupport.unpark(watcher);
    }

    private void startSession(Runnable session) {
        errors.log();
        loops.forEach(EventLoop::logErrors);
        if (idlest().startSession(session)) {
            LockSupport.unpark(watcher);
        }
    }

    private EventLoop idlest() {
        return Collections.min(loops, LOAD);
    }

    private void watch() {
        while (!closed || hasSessions()) {
            try {
                if (hasSessions()) {
                    LockSupport.parkNanos(TICK_NANOS);
                } else {
                    LockSupport.park();
                }
                // nothing is logged here: the thread that has the log's lock may be stuck in a loop
                takeOvers.values().forEach(TakeOver::check);
            } catch (Throwable noThread) {
                errors.note(noThread);
            }
        }
    }

    /** Allocates nothing, because nothing guards its call. */
    private boolean hasSessions() {
        for (int i = 0; i < loops.size(); i++) {
            if (loops.get(i).sessions() > 0) {
                return true;
            }
        }
        return false;
    }

    /** One thread for each loop, and one for each task that blocks. */
    private static Executor platformThreads() {
        return new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_THREAD_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), loop -> {
                    Thread thread = new Thread(loop, "smtpproxy-loop");
                    thread.setDaemon(true);
                    return thread;
                });
    }
}
