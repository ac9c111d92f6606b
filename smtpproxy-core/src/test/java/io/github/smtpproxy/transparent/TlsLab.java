package io.github.smtpproxy.transparent;

import io.github.smtpproxy.tls.TrustedCertificates;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** The server and the client of {@link TransparentTlsTest}: one that shows the certificate it is asked for, and one that asks. */
final class TlsLab implements AutoCloseable {

    private static final char[] PASSWORD = "secret".toCharArray();

    private Socket socket;
    private BufferedReader in;

    private TlsLab(Socket socket) throws IOException {
        use(socket);
    }

    /** Arguments: port, then certificates each with its key, in PEM. */
    static void server(List<String> args) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, PASSWORD);
        for (int i = 1; i < args.size(); i += 2) {
            store.setKeyEntry("" + i, key(args.get(i + 1)), PASSWORD, new Certificate[] {certificate(args.get(i))});
        }
        // this one regards the server name
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        try (ServerSocket listener = new ServerSocket(Integer.parseInt(args.get(0)))) {
            Lab.say("LISTENING");
            while (true) {
                Socket client = listener.accept();
                new Thread(() -> serve(client, context)).start();
            }
        }
    }

    private static PrivateKey key(String file) throws IOException, GeneralSecurityException {
        String base64 = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
        byte[] der = Base64.getDecoder().decode(base64);
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    private static Certificate certificate(String file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static void serve(Socket client, SSLContext context) {
        try (TlsLab server = new TlsLab(client)) {
            String peer = client.getInetAddress().getHostAddress();
            server.send("220 real.example");
            String line = server.in.readLine();
            while (line != null && !line.equals("QUIT")) {
                Lab.say("HEARD " + peer + (server.socket instanceof SSLSocket ? " tls " : " plain ") + line);
                server.answer(line, context);
                line = server.in.readLine();
            }
            server.send("221 bye");
        } catch (IOException gone) {
            Lab.say("GONE " + gone.getMessage());
        }
    }

    private void answer(String line, SSLContext context) throws IOException {
        if (line.startsWith("EHLO")) {
            send("250-real.example");
            send(socket instanceof SSLSocket ? "250 HELP" : "250 STARTTLS");
        } else if (line.equals("STARTTLS")) {
            send("220 go on");
            secure(context, false, List.of());
        } else if (line.equals("DATA")) {
            send("354 go on");
            String content = in.readLine();
            while (content != null && !content.equals(".")) {
                content = in.readLine();
            }
            send("250 taken");
        } else {
            send("250 ok");
        }
    }

    /** Arguments: host, port, whom to trust, the name to ask for, the subjects of messages. */
    static void client(List<String> args) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(args.get(0), Integer.parseInt(args.get(1))), 5_000);
            socket.setSoTimeout(20_000);
            new TlsLab(socket).converse(args);
        } catch (IOException e) {
            Lab.say(e.getClass().getSimpleName() + " " + e.getMessage());
        }
    }

    private void converse(List<String> args) throws IOException {
        Lab.say(in.readLine());
        ask("EHLO client.example");
        ask("STARTTLS");
        secure(TrustedCertificates.load(Path.of(args.get(2))), true, List.of(new SNIHostName(args.get(3))));
        X509Certificate shown =
                (X509Certificate) ((SSLSocket) socket).getSession().getPeerCertificates()[0];
        Lab.say("SHOWN " + shown.getSubjectX500Principal() + " BY " + shown.getIssuerX500Principal());
        ask("EHLO client.example");
        for (String subject : args.subList(4, args.size())) {
            for (String command : List.of("MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA")) {
                ask(command);
            }
            send("Subject: " + subject);
            send("");
            ask(".");
        }
        ask("QUIT");
    }

    private void use(Socket current) throws IOException {
        socket = current;
        in = new BufferedReader(new InputStreamReader(current.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** @param names the client's: it verifies the server by them, which in turn shows a certificate of them */
    private void secure(SSLContext context, boolean client, List<SNIServerName> names) throws IOException {
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, null, 25, true);
        tls.setUseClientMode(client);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setServerNames(names);
        tls.setSSLParameters(parameters);
        tls.startHandshake();
        use(tls);
    }

    private void ask(String command) throws IOException {
        send(command);
        String reply = in.readLine();
        Lab.say(command.split("[ :]")[0] + ": " + reply);
        while (reply != null && reply.startsWith("250-")) {
            reply = in.readLine();
        }
    }

    private void send(String line) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
