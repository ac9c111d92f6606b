package io.github.smtpproxy.internal.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.CapturedLog;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FilterPipelineTest {

    private static final InetSocketAddress HERE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 25);

    /** Whatever goes wrong behind it, it has an answer. */
    private static final class Soothing implements Filter {
        @Override
        public Reply mail(MailFrom mail, Chain<MailFrom> next) {
            try {
                return next.proceed(mail);
            } catch (Throwable e) {
                return Reply.reject("5.7.1", "No");
            }
        }
    }

    @Test
    void no_filter_can_make_up_for_what_broke_off_behind_it() {
        try (Network transport = PlainNetwork.start();
                CapturedLog log = new CapturedLog()) {
            FilterPipeline filters = new FilterPipeline(List.of(new Soothing()), transport);
            assertThatThrownBy(() -> filters.run(
                            Filter::mail,
                            MailFrom.nullPath(),
                            new SessionState("s", HERE, HERE),
                            Optional.empty(),
                            FilterPipeline.Undo.BY_GIVING_UP,
                            () -> {},
                            mail -> {
                                throw new StackOverflowError();
                            }))
                    .hasCauseInstanceOf(StackOverflowError.class);
            assertThat(log.lines()).isEmpty();
        }
    }
}
