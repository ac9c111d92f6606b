package io.github.smtpproxy.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.simplejavamail.api.mailer.config.TransportStrategy;
import org.simplejavamail.email.EmailBuilder;
import org.simplejavamail.mailer.MailerBuilder;
import org.subethamail.smtp.server.SMTPServer;
import org.subethamail.wiser.Wiser;

/** The one jar that a build leaves to run. */
class GatewayJarIT {

    private static final Path JAR = Path.of("target/smtpproxy-gateway.jar");

    @Test
    void itRelaysByItself() throws Exception {
        Wiser destination = Wiser.create(SMTPServer.port(0));
        destination.start();
        Process gateway = start(destination.getServer().getPortAllocated());
        try (BufferedReader out = gateway.inputReader(US_ASCII)) {
            send(portIn(out.readLine()));
            assertThat(destination.getMessages()).hasSize(1);
        } finally {
            gateway.destroyForcibly().waitFor();
            destination.stop();
        }
    }

    @Test
    void itHoldsNoMailLibraryAndTheLicencesOfWhatItHolds() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            List<String> names = jar.stream().map(JarEntry::getName).toList();
            assertThat(names)
                    .contains("LICENSE", "META-INF/LICENSE", "META-INF/LICENSE.txt")
                    .noneMatch(n -> n.startsWith("jakarta/") || n.startsWith("org/eclipse/"));
        }
    }

    @Test
    void itHoldsTheLibrariesOfItsOptions() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            assertThat(jar.stream().map(JarEntry::getName))
                    .contains(
                            "com/fasterxml/jackson/core/JsonParser.class",
                            "com/github/benmanes/caffeine/cache/Caffeine.class",
                            "com/ongres/scram/client/ScramClient.class",
                            "io/github/bucket4j/Bucket.class",
                            "io/lettuce/core/RedisClient.class",
                            "io/netty/handler/ssl/SslContext.class",
                            "io/netty/resolver/dns/DnsNameResolver.class",
                            "org/xbill/DNS/Lookup.class");
        }
    }

    private static Process start(int destination) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String to = "127.0.0.1:" + destination;
        return new ProcessBuilder(java, "-jar", JAR.toString(), "--listen", "127.0.0.1:0", "--to", to)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static int portIn(String listening) {
        assertThat(listening).startsWith("listening on 127.0.0.1:");
        return Integer.parseInt(listening.substring(listening.lastIndexOf(':') + 1));
    }

    private static void send(int port) {
        MailerBuilder.withSMTPServer("127.0.0.1", port)
                .withTransportStrategy(TransportStrategy.SMTP)
                .buildMailer()
                .sendMail(EmailBuilder.startingBlank()
                        .from("alice@example.com")
                        .to("bob@example.org")
                        .withSubject("one")
                        .withPlainText("Hello")
                        .buildEmail());
    }
}
