package io.github.smtpproxy.filters.sender;

import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.dkim.DkimResult;
import io.github.smtpproxy.filters.dkim.DkimVerifier;
import io.github.smtpproxy.filters.dmarc.DmarcVerifier;
import io.github.smtpproxy.filters.dmarc.Identifier;
import io.github.smtpproxy.filters.spf.SpfResult;
import io.github.smtpproxy.filters.spf.SpfVerifier;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.MailFrom;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The three verifiers. Immutable. */
record SenderLookups(SpfVerifier spf, DkimVerifier dkim, DmarcVerifier dmarc) {

    static SenderLookups with(Resolver resolver, Duration limit) {
        return new SenderLookups(SpfVerifier.with(resolver), DkimVerifier.with(resolver), DmarcVerifier.with(resolver))
                .within(limit);
    }

    SenderLookups within(Duration limit) {
        return new SenderLookups(spf.within(limit), dkim, dmarc.within(limit));
    }

    SpfResult spf(InetAddress client, MailFrom mail, String hello) {
        return spf.verify(client, mail, hello);
    }

    VerifiedSender verify(Message message, SpfResult sender) {
        List<DkimResult> signatures = dkim.verify(message);
        List<Identifier> identifiers = new ArrayList<>();
        identifier(Identifier.spf(sender.domain()), sender.code().name()).ifPresent(identifiers::add);
        for (DkimResult signature : signatures) {
            identifier(Identifier.dkim(signature.domain()), signature.code().name())
                    .ifPresent(identifiers::add);
        }
        return new VerifiedSender(sender, signatures, dmarc.verify(message.headers(), identifiers));
    }

    /** @param code of SPF or DKIM, which have these two in common */
    private static Optional<Identifier> identifier(Identifier passed, String code) {
        return switch (code) {
            case "PASS" -> Optional.of(passed);
            case "TEMPERROR" -> Optional.of(passed.unknown());
            default -> Optional.empty();
        };
    }
}
