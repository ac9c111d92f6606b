package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.testing.Certificate;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.Fault;
import io.github.smtpproxy.throttle.Pace;
import io.github.smtpproxy.throttle.Step;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A drain waits for transactions, and for nobody else. */
class DepartureTest extends ProxyTest {

    /** Much longer than a drain may take here. */
    private static final Duration LONG = Duration.ofMinutes(5);

    private static final Duration AT_ONCE = Duration.ofMinutes(1);

    private Thread draining(SmtpProxy proxy) {
        Thread thread = new Thread(() -> proxy.drain(LONG), "drain");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void awaitEndOf(Thread drain) {
        await().atMost(AT_ONCE).until(() -> !drain.isAlive());
    }

    @Test
    void who_is_silent_before_tls_goes_at_once() {
        SmtpProxy proxy = started(proxy(ENDPOINT.implicitTls(Certificate.LOCAL.shown())));
        Dialogue silent = clientOf(proxy);
        Dialogue half = clientOf(proxy).sends("\u0016\u0003\u0001");
        Thread drain = draining(proxy);
        silent.hearsTheEnd();
        half.hearsTheEnd();
        awaitEndOf(drain);
    }

    @Test
    void who_is_silent_behind_starttls_goes_at_once() {
        SmtpProxy proxy = started(proxy(ENDPOINT.offerStartTls(Certificate.LOCAL.shown())));
        Dialogue silent = clientOf(proxy).greets().says("STARTTLS").hears("220");
        Thread drain = draining(proxy);
        silent.hearsTheEnd();
        awaitEndOf(drain);
    }

    @Test
    void who_is_silent_before_a_proxy_header_goes_at_once() {
        SmtpProxy proxy = started(proxy(ENDPOINT.proxyProtocolFrom(AddressRange.parse("127.0.0.0/8"))));
        Dialogue silent = clientOf(proxy);
        Dialogue half = clientOf(proxy).sends("PROXY TCP4 ");
        Thread drain = draining(proxy);
        silent.hearsTheEnd();
        half.hearsTheEnd();
        awaitEndOf(drain);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void who_is_silent_in_auth_hears_421_4_3_2_at_once(boolean here) {
        destination.offers("AUTH LOGIN");
        destination.on("AUTH LOGIN").reply("334 VXNlcm5hbWU6");
        destination.on("*").reply("501 5.7.0 Cancelled");
        Endpoint users = ENDPOINT.authenticate((user, password) -> false).plaintextAuthentication(true);
        SmtpProxy proxy = started(proxy(here ? users : ENDPOINT));
        Dialogue silent = clientOf(proxy).greets().says("AUTH LOGIN").hears("334");
        Dialogue half = clientOf(proxy).greets().says("AUTH LOGIN").hears("334").sends("dXNl");
        Thread drain = draining(proxy);
        silent.hears("421 4.3.2 ").hearsTheEnd();
        half.hears("421 4.3.2 ").hearsTheEnd();
        awaitEndOf(drain);
    }

    @Test
    void who_waits_for_the_destinations_greeting_hears_421_4_3_2_at_once() {
        destination.on("connect").fail(Fault.STALL);
        SmtpProxy proxy = started(proxy());
        Dialogue client = clientOf(proxy);
        await().until(() -> destination.openConnections() == 1);
        Thread drain = draining(proxy);
        client.hears("421 4.3.2 ").hearsTheEnd();
        awaitEndOf(drain);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EHLO", "NOOP", "VRFY", "RSET"})
    void who_waits_for_the_destinations_answer_outside_of_a_transaction_goes_soon(String verb) {
        destination.on(verb).fail(Fault.STALL);
        SmtpProxy proxy = started(proxy());
        Dialogue client = clientOf(proxy);
        if (verb.equals("EHLO")) {
            client.hears("220").says("EHLO client.test");
        } else {
            client.greets().says(verb);
        }
        await().until(() -> !destination.heard(verb).isEmpty());
        Thread drain = draining(proxy);
        client.hears("421 4.3.2 ").hearsTheEnd();
        awaitEndOf(drain);
    }

    @Test
    void who_is_held_up_by_a_throttle_goes_soon() {
        CountDownLatch delayed = new CountDownLatch(1);
        SmtpProxy proxy = started(proxy().throttle(step -> {
            if (step instanceof Step.Connect) {
                delayed.countDown();
                return Pace.after(Duration.ofMinutes(10));
            }
            return Pace.go();
        }));
        Dialogue client = clientOf(proxy);
        await().until(() -> delayed.getCount() == 0);
        Thread drain = draining(proxy);
        assertThat(client.rest()).contains("421 4.3.2 ");
        awaitEndOf(drain);
    }

    @Test
    void who_was_turned_away_goes_at_once() {
        destination.on("connect").reply("554 5.7.1 No service here");
        SmtpProxy proxy = started(proxy());
        Dialogue client = clientOf(proxy).hears("554");
        Thread drain = draining(proxy);
        client.hears("421 4.3.2 ").hearsTheEnd();
        awaitEndOf(drain);
    }
}
