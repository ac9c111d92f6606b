package io.github.smtpproxy.spring;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import java.util.stream.Stream;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** A Spring Boot application in front of a scripted destination; at its end nothing is left. */
final class Application implements AutoCloseable {

    private final NothingLeft ending = new NothingLeft();
    private final ScriptedDestination destination = ending.startDestination();

    ScriptedDestination destination() {
        return destination;
    }

    ScriptedDestination anotherDestination() {
        return ending.startDestination();
    }

    /** An application that has the library and no properties. */
    static ApplicationContextRunner bare() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SslAutoConfiguration.class,
                        SmtpProxyAutoConfiguration.class,
                        SmtpProxyActuatorAutoConfiguration.class,
                        SmtpProxyHealthAutoConfiguration.class));
    }

    /** One that listens on a free port. */
    static ApplicationContextRunner listening() {
        return bare().withPropertyValues("smtpproxy.endpoints.in.port=0");
    }

    /** One that relays to the destination. */
    ApplicationContextRunner relaying() {
        return listening().withPropertyValues(at("first", destination));
    }

    /** The properties of a destination. */
    static String[] at(String name, ScriptedDestination server) {
        String prefix = "smtpproxy.destinations." + name + ".";
        return Stream.of("host=127.0.0.1", "port=" + server.destination().port())
                .map(prefix::concat)
                .toArray(String[]::new);
    }

    static SmtpProxy proxy(ApplicationContext context) {
        return context.getBean(SmtpProxyLifecycle.class).proxy();
    }

    /** Sends a message to this recipient. */
    static void send(ApplicationContext context, String sender, String recipient, String body) {
        try (Dialogue client = Dialogue.with(proxy(context).addresses().get(0))) {
            client.greets()
                    .says("MAIL FROM:<" + sender + ">")
                    .hears("250")
                    .says("RCPT TO:<" + recipient + ">")
                    .hears("250")
                    .says("DATA")
                    .hears("354")
                    .says(body)
                    .says(".")
                    .hears("250")
                    .says("QUIT")
                    .hears("221");
        }
    }

    @Override
    public void close() {
        ending.close();
    }
}
