package io.github.smtpproxy.internal.transport;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Connects to the first of several addresses that answers (RFC 8305 §5): they are tried in order, the next one when one has
 * failed or after 250 ms, and those before are still waited for. Each attempt has a thread of its own. Used once.
 */
final class Race {

    /** RFC 8305 §8, Connection Attempt Delay. */
    private static final Duration APART = Duration.ofMillis(250);

    private final Network network;
    private final Duration timeout;
    private final Consumer<Socket> begun;
    private final BlockingQueue<Result> results = new LinkedBlockingQueue<>();
    private final List<Socket> sockets = new ArrayList<>();
    private boolean over;

    private record Result(Optional<Socket> socket, Optional<IOException> failure) {}

    /** @param begun is given each socket before it is connected */
    Race(Network network, Duration timeout, Consumer<Socket> begun) {
        this.network = network;
        this.timeout = timeout;
        this.begun = begun;
    }

    /** @throws IOException that of the last one to fail, if all fail */
    Socket run(List<InetSocketAddress> addresses) throws IOException {
        IOException failure = new IOException("no address");
        int running = 0;
        int next = 0;
        try {
            while (next < addresses.size() || running > 0) {
                if (next < addresses.size()) {
                    start(addresses.get(next++));
                    running++;
                }
                Optional<Result> result = await(next < addresses.size() ? APART : timeout.plus(APART));
                if (result.isPresent() && result.get().socket().isPresent()) {
                    return won(result.get().socket().get());
                }
                running -= result.isPresent() || next == addresses.size() ? 1 : 0;
                failure = result.flatMap(Result::failure).orElse(failure);
            }
            throw failure;
        } finally {
            end();
        }
    }

    private void start(InetSocketAddress address) {
        try {
            network.threads().execute(() -> attempt(address));
        } catch (RuntimeException noThread) {
            results.add(new Result(Optional.empty(), Optional.of(new IOException("no thread to connect", noThread))));
        }
    }

    private void attempt(InetSocketAddress address) {
        try {
            Socket socket = network.connect(address, timeout, this::register);
            results.add(new Result(Optional.of(socket), Optional.empty()));
        } catch (IOException e) {
            results.add(new Result(Optional.empty(), Optional.of(e)));
        } catch (RuntimeException | Error e) {
            results.add(new Result(Optional.empty(), Optional.of(new IOException("cannot connect", e))));
        }
    }

    private void register(Socket socket) {
        boolean late;
        synchronized (this) {
            late = over;
            sockets.add(socket);
        }
        if (late) {
            closeQuietly(socket);
        }
        begun.accept(socket);
    }

    private Optional<Result> await(Duration limit) throws IOException {
        try {
            return Optional.ofNullable(results.poll(limit.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while connecting");
        }
    }

    private synchronized Socket won(Socket socket) {
        sockets.remove(socket);
        return socket;
    }

    /** Closes all but the winner. */
    private void end() {
        List<Socket> losers;
        synchronized (this) {
            over = true;
            losers = List.copyOf(sockets);
        }
        losers.forEach(Race::closeQuietly);
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException closedAnyway) {
            // nobody uses it
        }
    }
}
