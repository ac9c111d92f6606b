package org.example.shop;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.subethamail.smtp.server.SMTPServer;

/** A server that mail goes to, on a free port of this machine. */
final class MailServer implements AutoCloseable {

    private final List<String> messages = new CopyOnWriteArrayList<>();
    private final SMTPServer server = SMTPServer.port(0)
            .bindAddress(InetAddress.getLoopbackAddress())
            .messageHandler((context, from, to, data) -> messages.add(new String(data, StandardCharsets.US_ASCII)))
            .build();

    MailServer() {
        server.start();
    }

    int port() {
        return server.getPortAllocated();
    }

    List<String> messages() {
        return messages;
    }

    @Override
    public void close() {
        server.stop();
    }
}
