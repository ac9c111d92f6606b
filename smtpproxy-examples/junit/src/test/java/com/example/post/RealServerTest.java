package com.example.post;

import static io.github.smtpproxy.junit.ConversationAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.smtpproxy.junit.SmtpFaultsExtension;
import jakarta.mail.MessagingException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Faults in front of a real Postfix. Without one it is skipped; with -Dpeers=required it fails. */
@Tag("servers")
class RealServerTest {

    private static Postfix postfix;

    @RegisterExtension
    static final SmtpFaultsExtension smtp = SmtpFaultsExtension.before("127.0.0.1", () -> postfix.port());

    @BeforeAll
    static void start() throws Exception {
        if (!"required".equals(System.getProperty("peers"))) {
            assumeTrue(Postfix.isThere(), "Postfix is not installed, or the tests do not run as root");
        }
        postfix = Postfix.start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (postfix != null) {
            postfix.close();
        }
    }

    @Test
    void a_letter_whose_reply_is_lost_is_in_the_queue_of_postfix() throws Exception {
        smtp.onMessage().loseReply();
        assertThatThrownBy(() -> new PostOffice(smtp.host(), smtp.port()).send("b@example.org", "hello"))
                .isInstanceOf(MessagingException.class);
        assertThat(smtp.awaitConversation()).delivered().toRecipients("b@example.org");
        await().untilAsserted(() -> assertThat(postfix.log()).contains("from=<office@example.org>"));
    }
}
