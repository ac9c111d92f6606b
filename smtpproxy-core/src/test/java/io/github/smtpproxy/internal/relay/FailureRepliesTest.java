package io.github.smtpproxy.internal.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.event.Outcome.Result;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Failure;
import io.github.smtpproxy.internal.host.OwnReply;
import io.github.smtpproxy.protocol.Reply;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client gets when its destination fails, by mode. */
class FailureRepliesTest {

    private static String codes(Reply reply) {
        return reply.code() + " " + reply.status().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
        UNREACHABLE,       421 4.4.1, 451 4.4.1, 451 4.4.1
        INSECURE,          421 4.7.5, 421 4.7.5, 451 4.7.5
        NOT_ADMITTED,      421 4.7.0, 421 4.7.0, 451 4.7.0
        LOST,              421 4.4.2, 421 4.4.2, 451 4.4.2
        LOST_AFTER_COMMIT, 451 4.4.2, 451 4.4.2, 451 4.4.2
        """)
    void each_failure_has_its_reply(Failure failure, String greeting, String synchronous, String multiplexing) {
        assertThat(codes(FailureReplies.SYNCHRONOUS.greeting(Answer.failed(failure))))
                .isEqualTo(greeting);
        assertThat(codes(FailureReplies.SYNCHRONOUS.reply(failure))).isEqualTo(synchronous);
        assertThat(codes(FailureReplies.MULTIPLEXING.reply(failure))).isEqualTo(multiplexing);
    }

    @ParameterizedTest
    @CsvSource({"UNREACHABLE, REFUSED", "LOST, FAILED", "LOST_AFTER_COMMIT, UNKNOWN"})
    void each_failure_ends_a_transaction_in_its_way(Failure failure, Result result) {
        for (FailureReplies mode : FailureReplies.values()) {
            assertThat(OwnReply.result(mode.reply(failure))).isEqualTo(result);
        }
    }

    @ParameterizedTest
    @EnumSource(FailureReplies.class)
    void a_reply_of_the_destination_is_passed_on(FailureReplies mode) {
        Reply reply = Reply.of(250, "2.0.0 Ok");
        assertThat(mode.reply(Answer.of(reply))).isSameAs(reply);
    }
}
