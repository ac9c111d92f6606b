package io.github.smtpproxy.internal.transport.transparent;

import io.github.smtpproxy.internal.transport.linux.SocketOptions;
import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;

/** The listener takes connections to any address, and sockets to servers have their client's: IP_TRANSPARENT. */
final class Tproxy implements Interceptor {

    private final SocketOptions options;

    Tproxy(SocketOptions options) {
        this.options = options;
    }

    @Override
    public void prepare(ServerSocketChannel port) throws IOException {
        set(port, () -> new SocketException(refusal("the listener")));
    }

    @Override
    public void prepare(SocketChannel channel) throws IOException {
        set(channel, () -> new SocketException(refusal("a connection")));
    }

    private <E extends Exception> void set(Channel channel, Supplier<E> refused) throws E {
        if (!options.set(channel, SocketOptions.SOL_IP, SocketOptions.IP_TRANSPARENT, 1)) {
            throw refused.get();
        }
    }

    @Override
    public void probe() {
        try (ServerSocketChannel scratch = ServerSocketChannel.open()) {
            set(scratch, () -> new IllegalStateException(refusal("the listener")));
        } catch (IOException e) {
            throw new IllegalStateException("Transparent mode: no socket to try IP_TRANSPARENT on", e);
        }
    }

    static String refusal(String where) {
        return "Transparent mode: cannot set IP_TRANSPARENT on " + where
                + " (EPERM). The process needs CAP_NET_RAW or CAP_NET_ADMIN in its network namespace, e.g. systemd"
                + " AmbientCapabilities=CAP_NET_RAW, docker --cap-add NET_ADMIN. Not starting: mail would bypass the"
                + " proxy.";
    }
}
