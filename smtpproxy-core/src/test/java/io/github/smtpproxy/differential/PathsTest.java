package io.github.smtpproxy.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Each path of the table is asked of real servers, through the proxy and without it: the mailbox that a filter saw is the
 * one that the server took, or the proxy has refused the path.
 */
@Tag("servers")
class PathsTest {

    @Test
    void the_table_has_at_least_60_paths() {
        assertThat(Path.read()).hasSizeGreaterThanOrEqualTo(60);
    }

    @Test
    void what_filters_see_is_what_postfix_takes() throws IOException {
        try (MailServer server = new Postfix(true)) {
            compare(server);
        }
    }

    @Test
    void what_filters_see_is_what_exim_takes() throws IOException {
        try (MailServer server = new Exim(true)) {
            compare(server);
        }
    }

    private static void compare(MailServer server) throws IOException {
        server.start();
        Seen seen = new Seen();
        List<String> faults = new ArrayList<>();
        try (SmtpProxy proxy = SmtpProxy.builder()
                .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.test"))
                .router(Router.to(Destination.at("127.0.0.1", server.address().getPort())))
                .filter(seen)
                .start()) {
            List<Callable<Optional<String>>> tasks = new ArrayList<>();
            for (Path path : Path.read()) {
                for (boolean sender : List.of(true, false)) {
                    tasks.add(() -> new Question(path, sender, server).asked(proxy.address(), seen));
                }
            }
            inParallel(tasks).forEach(fault -> fault.ifPresent(faults::add));
        }
        assertThat(String.join("\n", faults)).as("behind %s", server.name()).isEmpty();
    }

    private static <T> List<T> inParallel(List<Callable<T>> tasks) {
        ExecutorService threads = Executors.newFixedThreadPool(16);
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> task : threads.invokeAll(tasks)) {
                results.add(task.get());
            }
            return results;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            threads.shutdownNow();
        }
    }

    /** One path in one of the two commands. */
    private record Question(Path path, boolean sender, MailServer server) {

        /** @return what is wrong; empty if nothing is */
        Optional<String> asked(InetSocketAddress proxy, Seen seen) throws IOException {
            String name = "c" + System.identityHashCode(this) + (sender ? "m" : "r") + ".test";
            Talk direct = Talk.with(server.address(), name, path, sender);
            Talk proxied = Talk.with(proxy, name, path, sender);
            Optional<String> taken = proxied.id().map(server::taken).map(t -> sender ? t.sender() : t.recipient());
            Optional<String> saw = seen.by(name, sender);
            char mark = sender ? path.mail() : path.rcpt();
            String fault = "";
            if (mark == '-' && (saw.isPresent() || !proxied.reply().startsWith("5"))) {
                fault = "is not refused";
            } else if (mark == '+' && saw.isEmpty()) {
                fault = "is refused";
            } else if (mark == '+' && taken.filter(t -> !isMeant(saw.get(), t)).isPresent()) {
                fault = "is taken for " + taken.get();
            }
            return Optional.of(fault)
                    .filter(f -> !f.isEmpty())
                    .map(f -> (sender ? "MAIL FROM:" : "RCPT TO:") + path.text() + ' ' + f + "; a filter saw " + saw
                            + ", the proxy said " + proxied.reply() + ", the server alone " + direct.reply());
        }
    }

    /** Postmaster has no domain (RFC 5321 §4.1.1.3). */
    private static boolean isMeant(String seen, String taken) {
        return taken.equals(seen) || seen.equalsIgnoreCase("Postmaster") && taken.startsWith(seen + "@");
    }

    /** What filters saw, in the form in which servers are asked, by the name that the client gave. */
    private static final class Seen implements Filter {
        private final Map<String, String> senders = new ConcurrentHashMap<>();
        private final Map<String, String> recipients = new ConcurrentHashMap<>();

        Optional<String> by(String client, boolean sender) {
            return Optional.ofNullable((sender ? senders : recipients).get(client));
        }

        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
            senders.put(name(next), mail.sender().map(Seen::text).orElse(""));
            return next.proceed(mail);
        }

        @Override
        public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
            recipients.put(name(next), text(rcpt.recipient()));
            return next.proceed(rcpt);
        }

        private static String name(Chain<?> next) {
            return next.session().hello().orElseThrow().name();
        }

        private static String text(Mailbox mailbox) {
            return MailServer.plain(mailbox.toString());
        }
    }
}
