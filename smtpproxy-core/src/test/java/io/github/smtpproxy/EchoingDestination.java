package io.github.smtpproxy;

import io.github.smtpproxy.route.Destination;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Greets one client, answers its first command with 220, and then sends back what it gets, up to the end. */
final class EchoingDestination implements AutoCloseable {

    private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));

    EchoingDestination() throws IOException {
        Thread thread = new Thread(this::serve, "echoing");
        thread.setDaemon(true);
        thread.start();
    }

    Destination destination() {
        return Destination.at("127.0.0.1", server.getLocalPort());
    }

    private void serve() {
        try (Socket client = server.accept()) {
            OutputStream out = client.getOutputStream();
            out.write("220 echo\r\n".getBytes(StandardCharsets.US_ASCII));
            InputStream in = client.getInputStream();
            int octet = in.read();
            while (octet >= 0 && octet != '\n') {
                octet = in.read();
            }
            out.write("220 go\r\n".getBytes(StandardCharsets.US_ASCII));
            in.transferTo(out);
        } catch (IOException gone) {
            // the test says what it misses
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
