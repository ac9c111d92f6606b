package io.github.smtpproxy.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A TCP server on a free port of the loopback address, which serves each connection on a thread of its own. */
public final class LoopbackServer implements AutoCloseable {

    private final ServerSocket port;
    private final List<Socket> connections = new CopyOnWriteArrayList<>();

    /** How one connection is served; it is closed when this returns or throws. */
    public interface Service {
        void serve(Socket connection) throws IOException;
    }

    private LoopbackServer(ServerSocket port) {
        this.port = port;
    }

    public static LoopbackServer start(Service service) {
        try {
            LoopbackServer server = new LoopbackServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
            thread(() -> server.accept(service));
            return server;
        } catch (IOException e) {
            throw new AssertionError("no server", e);
        }
    }

    /** Runs a task that ends with the test. */
    static void thread(Runnable task) {
        Thread thread = new Thread(task, "server of a test");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept(Service service) {
        try {
            while (true) {
                Socket connection = port.accept();
                connections.add(connection);
                thread(() -> serve(connection, service));
            }
        } catch (IOException closed) {
            // the end of the test
        }
    }

    private static void serve(Socket connection, Service service) {
        try (connection) {
            service.serve(connection);
        } catch (IOException gone) {
            // the other side closed it
        }
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port.getLocalPort());
    }

    /** All that it got. */
    public List<Socket> connections() {
        return connections;
    }

    /** Closes the connections that there are. */
    public void hangUp() {
        connections.forEach(LoopbackServer::close);
    }

    static void close(Socket connection) {
        try {
            connection.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        try {
            port.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        hangUp();
    }
}
