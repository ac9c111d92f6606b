package io.github.smtpproxy.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Pool;
import io.github.smtpproxy.config.Unseen;
import io.github.smtpproxy.differential.TransparentWay.Way;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Each dialogue of the corpus is played straight to a real server and through a proxy before it, in each grouping that
 * makes a difference; what the client hears is the same, but for the {@link AllowedDifferences}.
 *
 * <p>{@code -Ddifferential.only=words} plays those dialogues whose name contains the words, {@code
 * -Ddifferential.seed=N} others of the random ones.
 */
@Tag("servers")
class DifferentialTest {

    private static final long SEED = Long.getLong("differential.seed", 5321);
    private static final int RANDOM = 40;
    private static final String ONLY = System.getProperty("differential.only", "");
    private static final ResultTable table = new ResultTable();

    @AfterAll
    static void report() throws IOException {
        table.write();
    }

    @Test
    void postfix_is_heard_through_the_proxy_as_without_it() throws IOException {
        try (MailServer server = new Postfix()) {
            compare(server, Mode.SYNCHRONOUS);
        }
    }

    @Test
    void exim_is_heard_through_the_proxy_as_without_it() throws IOException {
        try (MailServer server = new Exim()) {
            compare(server, Mode.SYNCHRONOUS);
        }
    }

    @Test
    void aiosmtpd_is_heard_through_the_proxy_as_without_it() throws IOException {
        try (MailServer server = new Aiosmtpd()) {
            compare(server, Mode.SYNCHRONOUS);
        }
    }

    @Tag("once")
    @Test
    void servers_are_heard_through_a_pool_as_without_it() throws IOException {
        for (MailServer server : List.of(new Postfix(), new Exim(), new Aiosmtpd())) {
            try (server) {
                compare(server, Mode.POOLED);
            }
        }
    }

    @Tag("once")
    @Test
    void servers_are_heard_through_an_unseen_proxy_as_without_it() throws IOException {
        for (MailServer server : List.of(new Postfix(), new Exim(), new Aiosmtpd())) {
            try (server) {
                compare(server, Mode.UNSEEN);
            }
        }
    }

    @Tag("once")
    @Test
    void servers_are_heard_through_a_transparent_proxy_as_without_it() throws IOException {
        for (MailServer server : List.of(new Postfix(), new Exim(), new Aiosmtpd())) {
            try (server) {
                server.start();
                try (TransparentWay way = TransparentWay.to(server.address())) {
                    compare(server, Mode.TRANSPARENT, way.ways());
                }
            }
        }
    }

    @Test
    void the_corpus_has_at_least_150_dialogues_of_different_names() {
        List<String> names = Corpus.read().stream().map(Script::name).toList();
        assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(150);
    }

    /** How the proxy stands between the two. */
    private enum Mode {
        SYNCHRONOUS("", AllowedDifferences.rules()),
        POOLED(", with a pool", PooledDifferences.rules()),
        UNSEEN(", unseen", UnseenDifferences.rules()),
        /** Unseen, in network namespaces, by IPv4 and IPv6. */
        TRANSPARENT(", transparent", UnseenDifferences.rules());

        private final String words;
        private final List<Rule> rules;

        Mode(String words, List<Rule> rules) {
            this.words = words;
            this.rules = rules;
        }

        private SmtpProxyBuilder proxyBefore(MailServer server) {
            Endpoint plain = Endpoint.at("127.0.0.1", 0).hostname("proxy.test").failedLoginDelay(Duration.ZERO);
            Endpoint endpoint = this == UNSEEN
                    ? plain.unseen(Unseen.passStartTls())
                    : plain.offerStartTls(server.certificate.context());
            SmtpProxyBuilder builder = SmtpProxy.builder()
                    .listen(endpoint)
                    .router(Router.to(
                            Destination.at("127.0.0.1", server.address().getPort())));
            return this == POOLED ? builder.multiplexing(Pool.max(40)) : builder;
        }
    }

    private static void compare(MailServer server, Mode mode) throws IOException {
        server.start();
        try (SmtpProxy proxy = mode.proxyBefore(server).start()) {
            compare(server, mode, List.of(new Way(server.address(), proxy.address())));
        }
    }

    private static void compare(MailServer server, Mode mode, List<Way> ways) throws IOException {
        Set<String> offered = offers(server);
        List<String> differences = new ArrayList<>();
        for (List<Comparison> comparisons : inParallel(corpus().stream()
                .filter(s -> offered.containsAll(s.needs()))
                .map(s -> (Callable<List<Comparison>>) () -> play(s, server, ways, mode.rules))
                .toList())) {
            table.add(server.name() + mode.words, comparisons);
            comparisons.stream().filter(c -> !c.alike()).map(c -> c.report()).forEach(differences::add);
        }
        assertThat(String.join("\n\n", differences))
                .as("%d differences behind %s", differences.size(), server.name())
                .isEmpty();
    }

    /** Exim takes a fifth of a second to say goodbye, and nobody is to wait for that. */
    private static <T> List<T> inParallel(List<Callable<T>> tasks) {
        ExecutorService threads = Executors.newFixedThreadPool(32);
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

    private static List<Script> corpus() {
        return Stream.concat(Corpus.read().stream(), RandomScripts.of(SEED, RANDOM).stream())
                .filter(s -> s.name().contains(ONLY))
                .toList();
    }

    private static List<Comparison> play(Script script, MailServer server, List<Way> ways, List<Rule> rules)
            throws IOException {
        SSLContext tls = server.certificate.context();
        List<Comparison> comparisons = new ArrayList<>();
        for (Way way : ways) {
            for (Grouping grouping : script.groupings()) {
                List<Exchange> straight = Play.of(script, grouping, way.straight(), tls);
                List<Exchange> through = Play.of(script, grouping, way.through(), tls);
                comparisons.add(new Comparison(script, grouping, straight, through, rules));
            }
        }
        return comparisons;
    }

    private static Set<String> offers(MailServer server) throws IOException {
        Script hello = new Script("hello", Set.of(), List.of(new Step.Say("EHLO c.test\r\n", 1)));
        List<Exchange> heard = Play.of(hello, Grouping.SINGLE, server.address(), server.certificate.context());
        return heard.get(1).reply().stream()
                .skip(1)
                .flatMap(line -> keywords(line.substring(4)))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The keyword, and with AUTH each mechanism as AUTH=MECHANISM. */
    private static Stream<String> keywords(String line) {
        String[] words = line.split(" ");
        return words[0].equals("AUTH")
                ? Stream.concat(Stream.of("AUTH"), Stream.of(words).skip(1).map(m -> "AUTH=" + m))
                : Stream.of(words[0]);
    }
}
