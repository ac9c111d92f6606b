package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import java.time.Duration;

/** The code of the page on faults. */
final class Chaos {

    private Chaos() {}

    static void inject(Destination server) {
        // snippet: inject
        Inject inject = Inject.faults();
        SmtpProxy proxy = SmtpProxy.builder()
                .listen(2525)
                .router(Router.to(server))
                .faults(inject)
                .start();

        inject.onRcpt("b@example.org").times(1).reply(450, "4.2.1", "busy");
        inject.onMail().probability(0.2).delay(Duration.ofMillis(100), Duration.ofMillis(900));
        inject.onEhlo().hide("STARTTLS");
        inject.onMessage().afterOctets(10_000).reset();
        inject.onMessage().after(2).times(1).loseReply();
        // end
        proxy.close();
    }
}
