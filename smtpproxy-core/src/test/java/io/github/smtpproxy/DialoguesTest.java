package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.StartTls;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.DialogueFile;
import io.github.smtpproxy.testing.NothingLeft;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Both conversations on one page: each file in {@code dialogues} is a test. */
class DialoguesTest {

    private static final Path PAGES = Path.of("src", "test", "resources", "dialogues");

    @TestFactory
    Stream<DynamicTest> what_the_pages_claim_holds() throws IOException {
        try (Stream<Path> files = Files.list(PAGES)) {
            List<Path> pages =
                    files.filter(f -> f.toString().endsWith(".smtp")).sorted().toList();
            assertThat(pages).isNotEmpty();
            return pages.stream().map(this::test);
        }
    }

    private DynamicTest test(Path page) {
        DialogueFile dialogue = DialogueFile.read(page);
        return DynamicTest.dynamicTest(
                page.getFileName() + ": " + dialogue.claim(), page.toUri(), () -> play(dialogue));
    }

    private static void play(DialogueFile dialogue) throws IOException {
        try (NothingLeft ending = new NothingLeft()) {
            dialogue.play(destination -> ending.start(SmtpProxy.builder()
                            .listen(endpoint(dialogue.settings()))
                            .router(Router.to(destination(destination, dialogue.settings()))))
                    .address());
        }
    }

    private static Endpoint endpoint(Set<String> settings) {
        Endpoint endpoint = ProxyTest.ENDPOINT;
        if (settings.contains("starttls")) {
            endpoint = endpoint.requireStartTls(Certificate.LOCAL.shown());
        }
        return settings.contains("users")
                ? endpoint.authenticate((user, password) -> user.equals("alice") && password.equals("sesame"))
                        .plaintextAuthentication(true)
                : endpoint;
    }

    private static Destination destination(Destination plain, Set<String> settings) {
        Destination there = settings.contains("to-tls") ? plain.startTls(StartTls.REQUIRED) : plain;
        return settings.contains("login") ? there.credentials("proxy", "open sesame") : there;
    }
}
