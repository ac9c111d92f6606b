package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.testing.WithoutLibrary;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What needs a library that is missing fails when it is built, with the name of the artifact; all else works. */
@Timeout(60)
class OptionalLibrariesTest {

    /** Builds a filter, and gives the message of the error. */
    static final class Builds implements UnaryOperator<String> {
        @Override
        public String apply(String what) {
            try {
                build(what);
                return "built";
            } catch (IllegalStateException e) {
                return e.getMessage();
            }
        }

        private static void build(String what) {
            switch (what) {
                case "lists" -> RefuseListed.by("bad.test").build().close();
                case "resolver" -> Resolver.at("127.0.0.1");
                case "rspamd" -> ScanWithRspamd.at("http://127.0.0.1:11333");
                case "greylist" -> Greylist.after(Duration.ofMinutes(5));
                case "reputation" -> Reputation.inMemory();
                default -> throw new IllegalArgumentException(what);
            }
        }
    }

    static final class Relays extends ProxyTest implements UnaryOperator<String> {
        @Override
        public String apply(String none) {
            try {
                clientOf(proxy())
                        .greets()
                        .envelope()
                        .says("DATA")
                        .hears("354")
                        .says("hello")
                        .says(".")
                        .hears("250");
                return String.join("", destination.messages());
            } finally {
                nothing_is_left();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "org.xbill., lists, dnsjava:dnsjava",
        "org.xbill., resolver, dnsjava:dnsjava",
        "com.fasterxml., rspamd, com.fasterxml.jackson.core:jackson-core",
        "com.github.benmanes., greylist, com.github.ben-manes.caffeine:caffeine",
        "com.github.benmanes., reputation, com.github.ben-manes.caffeine:caffeine",
    })
    void a_filter_that_lacks_its_library_names_it_when_it_is_built(String hidden, String what, String artifact) {
        assertThat(new WithoutLibrary(hidden).apply(Builds.class, what))
                .endsWith(" needs " + artifact + " on the class path: add it as a dependency");
        assertThat(new Builds().apply(what)).isEqualTo("built");
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.xbill.", "com.fasterxml.", "com.github.benmanes."})
    void mail_is_relayed_without_them(String hidden) {
        assertThat(new WithoutLibrary(hidden).apply(Relays.class, "")).isEqualTo("hello\r\n");
    }
}
