package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.milter.AskMilter;
import io.github.smtpproxy.route.Destination;

/** The code of the page on milters. */
final class Milters {

    private Milters() {}

    static void row(SmtpProxyBuilder proxy) {
        // snippet: milters
        proxy.filter(AskMilter.at("127.0.0.1:11332").exempt(Clients.trusted()))
                .filter(AskMilter.at("/run/opendkim/opendkim.sock").hostname("mx.example.org"));
        // end
    }

    static void fates(SmtpProxyBuilder proxy, Destination quarantine) {
        // snippet: milter-fates
        proxy.filter(AskMilter.at("127.0.0.1:8892")
                .whenDown(WhenDown.PASS)
                .onDiscard(OnDiscard.routeTo(quarantine))
                .quarantineTo(quarantine));
        // end
    }
}
