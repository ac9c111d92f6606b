package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.AllowRecipients;
import io.github.smtpproxy.filters.ChangeHeaders;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.CopyTo;
import io.github.smtpproxy.filters.Filters;
import io.github.smtpproxy.filters.RedirectAll;
import io.github.smtpproxy.filters.RefuseUnless;
import io.github.smtpproxy.filters.RewriteRecipients;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.WhenTooLarge;
import io.github.smtpproxy.filters.clamav.ScanWithClamAv;
import io.github.smtpproxy.filters.dkim.DkimKey;
import io.github.smtpproxy.filters.dkim.SignDkim;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.filters.hook.AskHook;
import io.github.smtpproxy.filters.hook.HookStage;
import io.github.smtpproxy.filters.policy.AskPolicy;
import io.github.smtpproxy.filters.reputation.RefuseDisreputable;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.filters.spamassassin.ScanWithSpamAssassin;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Target;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** The code of the pages on filters that come with the proxy. */
final class ShippedFilters {

    private ShippedFilters() {}

    static void scanners(SmtpProxyBuilder proxy) {
        // snippet: scanners
        proxy.filter(Filters.together(
                ScanWithRspamd.at("http://127.0.0.1:11333"),
                ScanWithClamAv.at("/run/clamav/clamd.ctl")
                        .largest(25 << 20, WhenTooLarge.PASS)
                        .whenDown(WhenDown.DEFER)));
        // end
    }

    static void spamAssassin(SmtpProxyBuilder proxy) {
        // snippet: spamassassin
        proxy.filter(ScanWithSpamAssassin.at("spam1:783", "spam2:783").refuseFrom(15));
        // end
    }

    static void lists(SmtpProxyBuilder proxy) {
        // snippet: dns-lists
        proxy.filter(RefuseListed.by("zen.example=127.0.0.[2..11]*3", "list.example*2", "good.example*-4")
                .senders("domains.example")
                .threshold(3)
                .resolver(Resolver.at("127.0.0.1"))
                .build());
        // end
    }

    static void policy(SmtpProxyBuilder proxy) {
        // snippet: policy
        proxy.filter(AskPolicy.at("/run/postgrey/socket"));
        proxy.filter(AskPolicy.at("127.0.0.1:8552").exempt(Clients.none()));
        // end
    }

    static void hook(SmtpProxyBuilder proxy, Target quarantine) {
        // snippet: hook
        proxy.filter(AskHook.at("http://127.0.0.1:8080/hook", "http://127.0.0.1:8081/hook")
                .stages(HookStage.RCPT, HookStage.DATA)
                .within(Duration.ofSeconds(5))
                .whenDown(WhenDown.DEFER)
                .quarantineTo(quarantine));
        // end
    }

    static void signing(SmtpProxyBuilder proxy) {
        // snippet: dkim
        SignDkim signing = SignDkim.with(
                DkimKey.load("example.org", "r2026", Path.of("/etc/dkim/r2026.pem")),
                DkimKey.load("example.org", "e2026", Path.of("/etc/dkim/e2026.pem")));
        proxy.filter(signing.verifyDns(Resolver.system()));
        // end
    }

    static void reputation(SmtpProxyBuilder proxy) {
        // snippet: reputation
        Reputation reputation = Reputation.inMemory();
        proxy.listener(reputation);
        proxy.filter(RefuseDisreputable.below(-20, reputation));
        // end
    }

    static void greylist(SmtpProxyBuilder proxy) {
        // snippet: greylist
        proxy.filter(Greylist.after(Duration.ofMinutes(5)));
        // end
    }

    static void headers(SmtpProxyBuilder proxy, Consumer<Message> journal) {
        // snippet: headers
        proxy.filter(ChangeHeaders.add("X-Site", "mail.example.org"));
        proxy.filter(ChangeHeaders.subject(subject -> "[test] " + subject));
        proxy.filter(RewriteRecipients.by(m -> Mailbox.of(m.local() + "@new.example.org")));
        proxy.filter(
                RefuseUnless.sender((session, mail) -> mail.isFrom("example.org"), Reply.reject("5.7.1", "Not ours")));
        proxy.filter(CopyTo.consumer(journal));
        // end
    }

    static void staging(SmtpProxyBuilder proxy) {
        // snippet: staging
        proxy.filter(RedirectAll.to("dev@example.org").except("qa.example.org"));
        // end
    }

    static void allow(SmtpProxyBuilder proxy) {
        // snippet: allow-recipients
        proxy.filter(AllowRecipients.only("example.org", ".test.example.org", "boss@example.com"));
        // end
    }
}
