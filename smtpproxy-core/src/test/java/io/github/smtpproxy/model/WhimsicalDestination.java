package io.github.smtpproxy.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A destination that names in each answer what it answers, and has whims, the same ones for the same seed. It writes
 * down what it took.
 */
final class WhimsicalDestination implements AutoCloseable {

    private final ServerSocket server;
    private final List<Delivered> delivered = new CopyOnWriteArrayList<>();
    private final List<String> lane = new CopyOnWriteArrayList<>();
    private long seed;
    private int connections;
    private int open;
    private boolean calm = true;

    private WhimsicalDestination(ServerSocket server) {
        this.server = server;
    }

    static WhimsicalDestination start() {
        try {
            WhimsicalDestination destination =
                    new WhimsicalDestination(new ServerSocket(0, 200, InetAddress.getByName("127.0.0.1")));
            daemon(destination::accept);
            return destination;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return server.getLocalPort();
    }

    /** A new session begins. One seed in three makes no trouble. */
    synchronized void begin(long newSeed) {
        seed = newSeed;
        calm = newSeed % 3 == 0;
        connections = 0;
        delivered.clear();
        lane.clear();
    }

    List<Delivered> delivered() {
        return delivered;
    }

    /** All that was said, in order. */
    List<String> lane() {
        return lane;
    }

    void took(Delivered message) {
        delivered.add(message);
    }

    void note(String line) {
        lane.add(line);
    }

    /** Waits until nobody is connected. */
    synchronized boolean isLeftAlone(long patienceMillis) throws InterruptedException {
        long deadline = System.nanoTime() + patienceMillis * 1_000_000;
        while (open > 0) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                WhimsicalConnection connection = connection(socket);
                daemon(() -> {
                    try {
                        connection.serve();
                    } finally {
                        left();
                    }
                });
            } catch (IOException closed) {
                // the loop looks
            }
        }
    }

    private synchronized WhimsicalConnection connection(Socket socket) throws IOException {
        open++;
        int number = ++connections;
        return new WhimsicalConnection(this, socket, number, new Random(seed * 31 + number * 7919L), calm);
    }

    private synchronized void left() {
        open--;
        notifyAll();
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "whimsical-destination");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
