package io.github.smtpproxy.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.transport.plain.PlainNetwork;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.CapturedLog;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.Test;

class FiltersTest {

    private static final Session SESSION = (Session) Proxy.newProxyInstance(
            FiltersTest.class.getClassLoader(), new Class<?>[] {Session.class}, (proxy, method, arguments) -> "s");

    /** Whatever goes wrong behind it, it has an answer. */
    private static final class Soothing implements Filter {
        @Override
        public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
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
            Filters filters = new Filters(List.of(new Soothing()), transport, new Listeners(List.of(), transport));
            Filters.Pass<MailFrom> mail = Filters.Pass.of(Filter::mail, SESSION, Filters.Undo.BY_GIVING_UP);
            assertThatThrownBy(() -> filters.run(mail, MailFrom.nullPath(), m -> {
                        throw new StackOverflowError();
                    }))
                    .hasCauseInstanceOf(StackOverflowError.class);
            assertThat(log.lines()).isEmpty();
        }
    }
}
