package io.github.smtpproxy.peers;

import io.github.smtpproxy.testing.Certificate;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.simplejavamail.MailException;
import org.simplejavamail.api.mailer.Mailer;
import org.simplejavamail.api.mailer.config.TransportStrategy;
import org.simplejavamail.email.EmailBuilder;
import org.simplejavamail.mailer.MailerBuilder;

/** Clients of others, each of which trusts {@link Certificate#LOCAL}, insists on STARTTLS, logs in and sends a mail. */
enum MailClient {
    SIMPLE_JAVA_MAIL {
        @Override
        Peer.Run send(Submission mail) {
            Mailer mailer = MailerBuilder.withSMTPServer("127.0.0.1", mail.port(), mail.user(), mail.password())
                    .withTransportStrategy(TransportStrategy.SMTP_TLS)
                    .withCustomSSLFactoryInstance(Certificate.LOCAL.trusted().getSocketFactory())
                    .verifyingServerIdentity(true)
                    .buildMailer();
            try {
                mailer.sendMail(EmailBuilder.startingBlank()
                        .from("a@c.test")
                        .to(mail.to())
                        .withSubject("login")
                        .withPlainText("hello\n.a line with a dot\n")
                        .buildEmail());
                return new Peer.Run(0, "");
            } catch (MailException e) {
                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                return new Peer.Run(1, trace.toString());
            }
        }
    },

    NODEMAILER("/usr/bin/node", Peer.unpacked("nodemailer/node_modules/nodemailer")) {
        private static final String SCRIPT = """
                const [module, ca, port, user, pass, to] = process.argv.slice(1);
                require(module).createTransport({
                    host: '127.0.0.1', port, name: 'c.test', requireTLS: true, auth: { user, pass },
                    tls: { ca: require('fs').readFileSync(ca) }
                }).sendMail({ from: 'a@c.test', to, subject: 'login', text: 'hello\\n.a line with a dot\\n' })
                """;

        @Override
        Peer.Run send(Submission mail) {
            return Peer.run(
                    "",
                    "/usr/bin/node",
                    "-e",
                    SCRIPT,
                    Peer.unpacked("nodemailer/node_modules/nodemailer"),
                    CHAIN,
                    Integer.toString(mail.port()),
                    mail.user(),
                    mail.password(),
                    mail.to());
        }
    },

    SMTPLIB("/usr/bin/python3") {
        private static final String SCRIPT = """
                import smtplib, ssl, sys
                ca, port, user, password, to = sys.argv[1:]
                with smtplib.SMTP('127.0.0.1', int(port), 'c.test') as server:
                    server.set_debuglevel(1)
                    server.starttls(context=ssl.create_default_context(cafile=ca))
                    server.login(user, password)
                    server.sendmail('a@c.test', to, sys.stdin.read())
                """;

        @Override
        Peer.Run send(Submission mail) {
            return Peer.run(
                    MESSAGE,
                    "/usr/bin/python3",
                    "-c",
                    SCRIPT,
                    CHAIN,
                    Integer.toString(mail.port()),
                    mail.user(),
                    mail.password(),
                    mail.to());
        }
    },

    SWAKS("/usr/bin/swaks") {
        @Override
        Peer.Run send(Submission mail) {
            return Peer.run(
                    "",
                    "/usr/bin/swaks",
                    "--server=127.0.0.1:" + mail.port(),
                    "--ehlo=c.test",
                    "--tls",
                    "--tls-verify",
                    "--tls-ca-path=" + CHAIN,
                    "--auth",
                    "--auth-user=" + mail.user(),
                    "--auth-password=" + mail.password(),
                    "--from=a@c.test",
                    "--to=" + mail.to(),
                    "--data=" + MESSAGE.replace("\n", "\\n"));
        }
    },

    CURL("/usr/bin/curl") {
        @Override
        Peer.Run send(Submission mail) {
            return Peer.run(
                    MESSAGE,
                    "/usr/bin/curl",
                    "-sv",
                    "--url",
                    "smtp://127.0.0.1:" + mail.port() + "/c.test",
                    "--ssl-reqd",
                    "--cacert",
                    CHAIN,
                    "--user",
                    mail.user() + ":" + mail.password(),
                    "--mail-from",
                    "a@c.test",
                    "--mail-rcpt",
                    mail.to(),
                    "--crlf",
                    "--upload-file",
                    "-");
        }
    },

    MSMTP("/usr/bin/msmtp") {
        @Override
        Peer.Run send(Submission mail) {
            return Peer.run(
                    MESSAGE,
                    "/usr/bin/msmtp",
                    "--debug",
                    "--host=127.0.0.1",
                    "--port=" + mail.port(),
                    "--tls=on",
                    "--tls-starttls=on",
                    "--tls-trust-file=" + CHAIN,
                    "--auth=on",
                    "--user=" + mail.user(),
                    "--passwordeval=echo '" + mail.password() + "'",
                    "--from=a@c.test",
                    mail.to());
        }
    };

    /** Where it is sent, who logs in, and who the mail is for. */
    record Submission(int port, String user, String password, String to) {}

    private static final String CHAIN =
            Certificate.LOCAL.chain().toAbsolutePath().toString();
    private static final String MESSAGE = "Subject: login\n\nhello\n.a line with a dot\n";

    private final String[] programs;

    MailClient(String... programs) {
        this.programs = programs;
    }

    void require() {
        Peer.require(programs);
    }

    /** What it printed; a status other than 0 says that it could not send. */
    abstract Peer.Run send(Submission mail);
}
