package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.inspect.Inspect;
import io.github.smtpproxy.inspect.InspectPage;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page in a real browser, while swaks sends. */
@Tag("servers")
@Timeout(180)
class InspectPeerTest {

    private static final String TOKEN = "only-we-know-this-token";

    private final NothingLeft ending = new NothingLeft();
    private final ScriptedDestination destination = ending.startDestination();

    @AfterEach
    void stop() {
        ending.close();
    }

    @Test
    void it_shows_both_conversations_as_they_are_spoken_and_a_refused_recipient_in_red() throws Exception {
        Peer.require(Browser.PROGRAM, "/usr/bin/swaks");
        destination.offers("AUTH PLAIN");
        destination.on("AUTH").reply("235 2.7.0 Welcome");
        destination.on("RCPT").reply("550 5.1.1 No such user");
        try (InspectPage page = Inspect.at(0).token(TOKEN).open()) {
            SmtpProxy proxy = ending.start(SmtpProxy.builder()
                    .listen(Endpoint.at("127.0.0.1", 0).hostname("proxy.test").plaintextAuthentication(true))
                    .router(Router.to(destination.destination()))
                    .listener(page.listener())
                    .transcript(page.transcript()));
            String address = "http://127.0.0.1:" + page.address().getPort() + "/";
            try (Browser stranger = Browser.at(address)) {
                await().until(() -> stranger.evaluate("document.body.innerText").equals("401"));
            }
            try (Browser browser = Browser.at(address + "?token=" + TOKEN)) {
                await().until(() -> browser.evaluate("document.getElementById('state').innerText")
                        .equals("live"));
                assertThat(browser.evaluate("location.href")).isEqualTo(address);
                send(proxy.address().getPort());
                await().untilAsserted(() -> assertThat(
                                browser.evaluate(
                                        "[...document.querySelectorAll('#lanes tr.refused')].map(r => getComputedStyle(r.cells[1]).color + r.innerText).join()"))
                        .contains("rgb(198, 40, 40)", "RCPT by DESTINATION", "<nobody@dest.test>"));
                String lanes = browser.evaluate(
                        "[...document.querySelectorAll('#lanes tbody tr')].map(r => [...r.cells].map(c => c.innerText).join('|')).join('#')");
                assertThat(lanes)
                        .containsPattern("\\d+\\|\\S+ RCPT TO:<nobody@dest.test>\\|#")
                        .containsPattern("\\d+\\|\\|\\S+ RCPT TO:<nobody@dest.test>#")
                        .containsPattern("\\d+\\|\\|\\S+ 550 5.1.1 No such user#")
                        .contains("AUTH (redacted)");
                String all = browser.evaluate("document.documentElement.outerHTML");
                assertThat(all).doesNotContain("correct-horse").doesNotContain(TOKEN);
            }
        }
    }

    private static void send(int port) {
        Peer.Run sent = Peer.run(
                "",
                "/usr/bin/swaks",
                "--server=127.0.0.1:" + port,
                "--ehlo=c.test",
                "--auth=PLAIN",
                "--auth-user=alice",
                "--auth-password=correct-horse",
                "--from=a@c.test",
                "--to=nobody@dest.test");
        assertThat(sent.output()).contains("550 5.1.1 No such user");
    }
}
