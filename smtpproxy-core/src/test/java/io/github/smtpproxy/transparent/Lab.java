package io.github.smtpproxy.transparent;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transparent;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitRate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** The programs in the namespaces of {@link TransparentTest}: a proxy, a server and a client. Each says what it sees. */
final class Lab {

    private Lab() {}

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "proxy" -> proxy(args);
            case "server" -> server(Integer.parseInt(args[1]));
            default -> client(args[1], Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        }
    }

    /** Arguments: means, port, what else; it ends with its input. */
    private static void proxy(String[] args) throws IOException {
        List<String> extras = List.of(args).subList(3, args.length);
        Transparent how = switch (args[1]) {
            case "tproxy" -> Transparent.tproxy();
            case "redirect" -> Transparent.redirect();
            default -> Transparent.anyIp();
        };
        var builder = SmtpProxy.builder()
                .listen(Endpoint.port(Integer.parseInt(args[2]))
                        .unseen(Unseen.passStartTls().answerUnreachable(extras.contains("reply"))))
                .router(Router.originalDestination())
                .timeouts(Timeouts.defaults().connect(Duration.ofSeconds(2)))
                .transparent(how);
        if (extras.contains("refuse")) {
            builder.filter(new RefuseClient());
        }
        if (extras.contains("rate")) {
            builder.throttle(LimitRate.of(Counted.MESSAGES).to(Rate.of(1, Duration.ofHours(1))));
        }
        try (SmtpProxy proxy = builder.start()) {
            say("LISTENING " + proxy.address().getPort());
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        } catch (IllegalStateException e) {
            say("REFUSED " + e.getMessage());
        }
    }

    /** Refuses the client of the namespace, as a list of addresses would. */
    private static final class RefuseClient implements Filter {
        @Override
        public Reply connect(Session session, Chain<Session> next) {
            return Reply.refusal(
                    554,
                    "5.7.1",
                    "listed: " + session.remoteAddress().getAddress().getHostAddress());
        }
    }

    private static void server(int port) throws IOException {
        try (ServerSocket listener = new ServerSocket(port)) {
            say("LISTENING " + port);
            while (true) {
                Socket client = listener.accept();
                new Thread(() -> serve(client)).start();
            }
        }
    }

    private static void serve(Socket client) {
        try (client;
                BufferedReader in = reader(client)) {
            String peer = client.getInetAddress().getHostAddress();
            say("PEER " + peer);
            OutputStream out = client.getOutputStream();
            send(out, "220 real.example saw " + peer);
            String line = in.readLine();
            while (line != null && !line.startsWith("QUIT")) {
                if (line.startsWith("DATA")) {
                    send(out, "354 go on");
                    send(out, "250 took " + count(in));
                } else {
                    send(out, "250 ok");
                }
                line = in.readLine();
            }
            send(out, "221 bye");
        } catch (IOException gone) {
            say("GONE " + gone.getMessage());
        }
    }

    private static long count(BufferedReader in) throws IOException {
        long octets = 0;
        String line = in.readLine();
        while (line != null && !line.equals(".")) {
            octets += line.length() + 2;
            line = in.readLine();
        }
        return octets;
    }

    /** Sends two messages of so many lines of 1,000 octets. */
    private static void client(String host, int port, int lines) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), 5_000);
            socket.setSoTimeout(20_000);
            say("SEES " + socket.getInetAddress().getHostAddress() + " " + socket.getPort());
            BufferedReader in = reader(socket);
            OutputStream out = socket.getOutputStream();
            String greeting = in.readLine();
            say(String.valueOf(greeting));
            if (greeting == null || !greeting.startsWith("220")) {
                return;
            }
            for (String command : List.of("EHLO client.example", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>")) {
                say(ask(in, out, command));
            }
            say(ask(in, out, "DATA"));
            byte[] line = ("x".repeat(998) + "\r\n").repeat(100).getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < lines; i += 100) {
                out.write(line);
            }
            say(ask(in, out, "."));
            say(ask(in, out, "MAIL FROM:<a@b.example>"));
            say(ask(in, out, "QUIT"));
        } catch (IOException e) {
            say(e.getClass().getSimpleName() + " " + e.getMessage());
        }
    }

    private static String ask(BufferedReader in, OutputStream out, String command) throws IOException {
        send(out, command);
        return command.split("[ :]")[0] + ": " + in.readLine();
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII), 1 << 16);
    }

    private static void send(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
