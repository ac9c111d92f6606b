package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.milter.AskMilter;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.ScriptedMilter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;

/** A proxy that asks scripted milters. */
abstract class MilterTest extends ProxyTest {

    static final String MESSAGE = "Subject: a\r\n\r\nhello\r\n";

    final ScriptedMilter milter = ScriptedMilter.start();
    final List<Verdict> verdicts = new CopyOnWriteArrayList<>();
    private final List<ScriptedMilter> further = new ArrayList<>();

    @AfterEach
    void close() {
        milter.close();
        further.forEach(ScriptedMilter::close);
    }

    ScriptedMilter anotherMilter() {
        ScriptedMilter another = ScriptedMilter.start();
        further.add(another);
        return another;
    }

    AskMilter asking() {
        return AskMilter.at(milter.address()).hostname("proxy.test");
    }

    Dialogue client(Filter... filters) {
        return client(ENDPOINT, filters);
    }

    Dialogue client(Endpoint endpoint, Filter... filters) {
        destination.takesChunks();
        SmtpProxyBuilder proxy = proxy(endpoint).listener(new ProxyListener() {
            @Override
            public void verdict(Session session, Verdict verdict) {
                verdicts.add(verdict);
            }
        });
        List.of(filters).forEach(proxy::filter);
        return clientOf(proxy);
    }

    /** A message by DATA or BDAT, whose reply is still to be heard. */
    static Dialogue send(Dialogue client, boolean chunks, String message) {
        return chunks
                ? client.sends("BDAT " + message.length() + " LAST\r\n" + message)
                : client.says("DATA").hears("354").sends(message.replaceAll("(?m)^\\.", "..") + ".\r\n");
    }
}
