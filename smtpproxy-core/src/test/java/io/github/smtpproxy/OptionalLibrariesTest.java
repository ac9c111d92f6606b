package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.filters.hook.AskHook;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.filters.sender.VerifySender;
import io.github.smtpproxy.oauth2.OAuth2Tokens;
import io.github.smtpproxy.state.redis.RedisState;
import io.github.smtpproxy.testing.WithoutLibrary;
import io.github.smtpproxy.throttle.Rate;
import io.github.smtpproxy.throttling.Counted;
import io.github.smtpproxy.throttling.LimitRate;
import io.github.smtpproxy.throttling.Throttles;
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
                case "sender" -> VerifySender.as("mx.test");
                case "resolver" -> Resolver.at("127.0.0.1");
                case "hook" -> AskHook.at("http://127.0.0.1:8080/");
                case "tokens" -> OAuth2Tokens.clientCredentials("https://login.test/", "id", "secret", "mail");
                case "rspamd" -> ScanWithRspamd.at("http://127.0.0.1:11333");
                case "greylist" -> Greylist.after(Duration.ofMinutes(5));
                case "reputation" -> Reputation.inMemory();
                case "redis" -> RedisState.at("redis://127.0.0.1").close();
                case "limits" -> Throttles.sensible();
                case "rate" -> LimitRate.of(Counted.MESSAGES).to(Rate.parse("1/s"));
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
        "org.xbill., sender, dnsjava:dnsjava",
        "org.xbill., resolver, dnsjava:dnsjava",
        "com.fasterxml., hook, com.fasterxml.jackson.core:jackson-core",
        "com.fasterxml., tokens, com.fasterxml.jackson.core:jackson-core",
        "com.fasterxml., rspamd, com.fasterxml.jackson.core:jackson-core",
        "com.github.benmanes., greylist, com.github.ben-manes.caffeine:caffeine",
        "com.github.benmanes., reputation, com.github.ben-manes.caffeine:caffeine",
        "io.lettuce., redis, io.lettuce:lettuce-core",
        "io.netty.handler., redis, io.netty:netty-handler",
        "io.netty.resolver.dns., redis, io.netty:netty-resolver-dns",
        "com.github.benmanes., limits, com.github.ben-manes.caffeine:caffeine",
        "io.github.bucket4j., limits, com.bucket4j:bucket4j_jdk17-core",
        "io.github.bucket4j., rate, com.bucket4j:bucket4j_jdk17-core",
    })
    void a_filter_that_lacks_its_library_names_it_when_it_is_built(String hidden, String what, String artifact) {
        assertThat(new WithoutLibrary(hidden).apply(Builds.class, what))
                .endsWith(" needs " + artifact + " on the class path: add it as a dependency");
        assertThat(new Builds().apply(what)).isEqualTo("built");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.xbill.",
                "com.fasterxml.",
                "com.github.benmanes.",
                "io.lettuce.",
                "io.github.bucket4j.",
                "io.micrometer.",
                "io.opentelemetry.",
                "jdk.jfr.",
                "org.springframework.",
                "com.sun.jna."
            })
    void mail_is_relayed_without_them(String hidden) {
        assertThat(new WithoutLibrary(hidden).apply(Relays.class, "")).isEqualTo("hello\r\n");
    }
}
