package io.github.smtpproxy.transparent;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.config.Transparent;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.differential.Tunnel;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.ScriptedDns;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitRate;
import io.github.smtpproxy.throttling.Tarpit;
import io.github.smtpproxy.tls.CertificateAuthority;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The programs in the namespaces of {@link TransparentTest}: a proxy, a server and a client. Each says what it sees. */
final class Lab {

    private Lab() {}

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "proxy" -> proxy(args);
            case "server" -> server(Integer.parseInt(args[1]));
            case "tunnels" -> tunnels(List.of(args).subList(1, args.length));
            case "tls-server" -> TlsLab.server(List.of(args).subList(1, args.length));
            case "tls-client" -> TlsLab.client(List.of(args).subList(1, args.length));
            default -> client(args);
        }
    }

    /** Arguments: each a tunnel's, parted by commas; they end with its input. */
    private static void tunnels(List<String> tunnels) throws IOException {
        for (String tunnel : tunnels) {
            Tunnel.run(tunnel.split(","));
        }
        say("LISTENING");
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
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
                        .hostname("proxy.test")
                        .unseen(unseen(extras).answerUnreachable(extras.contains("reply"))))
                .router(Router.originalDestination())
                .timeouts(Timeouts.defaults().connect(Duration.ofSeconds(2)))
                .transparent(how);
        if (extras.contains("listed")) {
            builder.filter(refuseListed(extras.get(extras.indexOf("listed") + 1)));
        }
        if (extras.contains("subjects")) {
            builder.filter(new RefuseBad());
        }
        if (extras.contains("rate")) {
            builder.throttle(LimitRate.of(Counted.MESSAGES).to(Rate.of(1, Duration.ofHours(1))));
        }
        if (extras.contains("tarpit")) {
            builder.throttle(Tarpit.perError(Duration.ofSeconds(2)));
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

    /** Behind "reoriginate" come the authority's certificate and its key, and whom it trusts. */
    private static Unseen unseen(List<String> extras) {
        int at = extras.indexOf("reoriginate");
        if (at < 0) {
            return Unseen.passStartTls();
        }
        List<Path> files = extras.subList(at + 1, at + 4).stream().map(Path::of).toList();
        return Unseen.reoriginateTls(
                CertificateAuthority.load(files.get(0), files.get(1)).trusting(files.get(2)));
    }

    private static final class RefuseBad implements ContentFilter {
        @Override
        public Reply data(Message message, TransactionChain<Message> next) {
            return message.headers().first("Subject").orElse("").equals("bad")
                    ? Reply.of(550, "5.7.1 Not this")
                    : next.proceed(message);
        }
    }

    /** A list of addresses with this one, on a DNS server in the namespace of the proxy. */
    private static Filter refuseListed(String reversed) {
        ScriptedDns dns = ScriptedDns.start().isList("list.test").has(reversed + ".list.test", "127.0.0.2");
        return RefuseListed.by("list.test")
                .resolver(dns.resolver())
                .exempt(Clients.none())
                .build();
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
                say("HEARD " + peer + " " + line);
                if (line.startsWith("DATA")) {
                    send(out, "354 go on");
                    send(out, "250 took " + count(in));
                } else {
                    send(out, line.contains("nobody") ? "550 5.1.1 no such user" : "250 ok");
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

    /** Arguments: host, port, lines of 1,000 octets, recipients. It sends one message, and begins another. */
    private static void client(String[] args) {
        String host = args[1];
        int port = Integer.parseInt(args[2]);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), 5_000);
            socket.setSoTimeout(20_000);
            say("SEES " + socket.getInetAddress().getHostAddress() + " " + socket.getPort());
            BufferedReader in = reader(socket);
            String greeting = in.readLine();
            say(String.valueOf(greeting));
            if (greeting != null && greeting.startsWith("220")) {
                converse(in, socket.getOutputStream(), args);
            }
        } catch (IOException e) {
            say(e.getClass().getSimpleName() + " " + e.getMessage());
        }
    }

    private static void converse(BufferedReader in, OutputStream out, String[] args) throws IOException {
        say(ask(in, out, "EHLO client.example"));
        say(ask(in, out, "MAIL FROM:<a@b.example>"));
        for (int i = 4; i < args.length; i++) {
            long began = System.nanoTime();
            say(ask(in, out, "RCPT TO:<" + args[i] + ">"));
            say("WAITED " + Duration.ofNanos(System.nanoTime() - began).toMillis());
        }
        String goOn = ask(in, out, "DATA");
        say(goOn);
        if (!goOn.startsWith("DATA: 354")) {
            return;
        }
        byte[] line = ("x".repeat(998) + "\r\n").repeat(100).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < Integer.parseInt(args[3]); i += 100) {
            out.write(line);
        }
        say(ask(in, out, "."));
        say(ask(in, out, "MAIL FROM:<a@b.example>"));
        say(ask(in, out, "QUIT"));
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

    static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
