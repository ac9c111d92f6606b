package io.github.smtpproxy.differential;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Leads connections into a network namespace, or out of it, by a socket in the file system: that is the same in all of them.
 * What one side sends the other gets, in the same portions where nobody is slow, and so with the end.
 */
public final class Tunnel implements AutoCloseable {

    private static final int BLOCK = 1 << 16;

    private final ServerSocketChannel port;
    private final SocketAddress to;

    private Tunnel(SocketAddress at, SocketAddress to) throws IOException {
        boolean file = at instanceof UnixDomainSocketAddress;
        this.port = file ? ServerSocketChannel.open(StandardProtocolFamily.UNIX) : ServerSocketChannel.open();
        this.to = to;
        port.bind(at, 200);
        thread(this::accept);
    }

    /** From a free port of the loopback into the file. */
    static Tunnel into(Path file) throws IOException {
        return new Tunnel(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), UnixDomainSocketAddress.of(file));
    }

    /** From the file to an address. */
    static Tunnel from(Path file, InetSocketAddress to) throws IOException {
        return new Tunnel(UnixDomainSocketAddress.of(file), to);
    }

    /** In a namespace. Arguments: a port and the file that it leads into, or a file, and the address and port it leads to. */
    public static void run(String... args) throws IOException {
        if (args.length == 2) {
            new Tunnel(new InetSocketAddress(Integer.parseInt(args[0])), UnixDomainSocketAddress.of(args[1]));
        } else {
            from(Path.of(args[0]), new InetSocketAddress(args[1], Integer.parseInt(args[2])));
        }
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) port.getLocalAddress();
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "tunnel");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel one = port.accept();
                thread(() -> connect(one));
            }
        } catch (IOException closed) {
            // the end of the test
        }
    }

    private void connect(SocketChannel one) {
        try (one;
                SocketChannel other = SocketChannel.open(to)) {
            atOnce(one);
            atOnce(other);
            Thread back = new Thread(() -> copy(other, one), "tunnel");
            back.start();
            copy(one, other);
            back.join();
        } catch (IOException refused) {
            // as the other side sees
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private static void atOnce(SocketChannel channel) throws IOException {
        if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
    }

    private static void copy(SocketChannel from, SocketChannel to) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        try {
            while (from.read(block) >= 0) {
                block.flip();
                while (block.hasRemaining()) {
                    to.write(block);
                }
                block.clear();
            }
            to.shutdownOutput();
        } catch (IOException gone) {
            close(from);
            close(to);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException closedAnyway) {
            // it is of no use any more
        }
    }

    @Override
    public void close() throws IOException {
        port.close();
    }
}
