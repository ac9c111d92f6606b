package io.github.smtpproxy.examples;

import io.github.smtpproxy.tls.PemCertificate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A mail server with STARTTLS on port 25, which prints who connects and what it reads; see gateway-transparent.sh. */
final class TlsServer implements AutoCloseable {

    private final SSLContext context;
    private final String peer;
    private Socket socket;
    private BufferedReader in;

    private TlsServer(Socket socket, SSLContext context) throws IOException {
        this.context = context;
        this.peer = socket.getInetAddress().getHostAddress();
        use(socket);
    }

    /** Arguments: certificate, key. */
    public static void main(String[] args) throws IOException {
        SSLContext context =
                PemCertificate.load(Path.of(args[0]), Path.of(args[1])).context();
        try (ServerSocket listener = new ServerSocket(25)) {
            say("LISTENING");
            while (true) {
                Socket socket = listener.accept();
                new Thread(() -> serve(socket, context)).start();
            }
        }
    }

    private static void serve(Socket socket, SSLContext context) {
        try (TlsServer server = new TlsServer(socket, context)) {
            server.converse();
        } catch (IOException gone) {
            say("GONE " + gone.getMessage());
        }
    }

    private void use(Socket current) throws IOException {
        socket = current;
        in = new BufferedReader(new InputStreamReader(current.getInputStream(), StandardCharsets.US_ASCII));
    }

    private void converse() throws IOException {
        reply("220 server.example");
        String line = in.readLine();
        while (line != null && !line.equals("QUIT")) {
            say(peer + (socket instanceof SSLSocket ? " tls " : " plain ") + line);
            switch (line.split(" ")[0]) {
                case "EHLO" ->
                    reply("250-server.example\r\n250 " + (socket instanceof SSLSocket ? "HELP" : "STARTTLS"));
                case "STARTTLS" -> encrypt();
                case "DATA" -> message();
                default -> reply("250 ok");
            }
            line = in.readLine();
        }
        reply("221 bye");
    }

    private void encrypt() throws IOException {
        reply("220 go on");
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, peer, 25, true);
        tls.setUseClientMode(false);
        tls.startHandshake();
        use(tls);
    }

    private void message() throws IOException {
        reply("354 go on");
        String line = in.readLine();
        while (line != null && !line.equals(".")) {
            say(peer + " content " + line);
            line = in.readLine();
        }
        reply("250 taken");
    }

    private void reply(String lines) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write((lines + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static synchronized void say(String line) {
        System.out.println("server: " + line);
    }
}
