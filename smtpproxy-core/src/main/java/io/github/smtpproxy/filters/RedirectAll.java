package io.github.smtpproxy.filters;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Sends all mail to one address instead of its recipients: a test system never mails a customer. Each recipient is asked of
 * the destination as that address, so that the replies are its own; servers deliver one copy to an address that is named
 * several times. The recipients are in {@code X-Original-To} fields, those of Bcc too.
 */
public final class RedirectAll implements ContentFilter {

    /** The field for each recipient, as the client named it. */
    public static final String FIELD = "X-Original-To";

    private static final Key<Originals> ORIGINALS = Key.of("recipients before they were redirected", Originals.class);
    private static final int MAX = 100;

    private final Mailbox address;
    private final Recipients exceptions;

    /** The recipients so far, and how many are not named. */
    private record Originals(List<String> names, int further) {
        Originals and(Mailbox recipient) {
            if (names.size() >= MAX) {
                return new Originals(names, further + 1);
            }
            List<String> more = new ArrayList<>(names);
            more.add(Printable.line(recipient.toString()));
            return new Originals(List.copyOf(more), further);
        }
    }

    private RedirectAll(Mailbox address, Recipients exceptions) {
        this.address = address;
        this.exceptions = exceptions;
    }

    /**
     * Sends all mail to this address.
     *
     * @param address with its domain
     */
    public static RedirectAll to(String address) {
        Objects.requireNonNull(address, "address");
        Mailbox mailbox = Mailbox.of(address);
        if (mailbox.domain().isEmpty()) {
            throw new IllegalArgumentException("address must have a domain, was \"" + address + "\"");
        }
        return new RedirectAll(mailbox, Recipients.of());
    }

    /** This, leaving some recipients as they are: domains and addresses as {@link AllowRecipients#only} takes them. */
    public RedirectAll except(String... domainsOrAddresses) {
        return new RedirectAll(address, Recipients.of(domainsOrAddresses));
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        if (exceptions.contain(rcpt.recipient())) {
            return next.proceed(rcpt);
        }
        Originals before = next.transaction().attribute(ORIGINALS).orElse(new Originals(List.of(), 0));
        next.transaction().attribute(ORIGINALS, before.and(rcpt.recipient()));
        return next.proceed(rcpt.withRecipient(address));
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        Headers headers = message.headers().without(FIELD);
        Originals originals = next.transaction().attribute(ORIGINALS).orElse(new Originals(List.of(), 0));
        if (originals.further() > 0) {
            headers = headers.prepend(FIELD, "(and " + originals.further() + " more)");
        }
        for (int i = originals.names().size() - 1; i >= 0; i--) {
            headers = headers.prepend(FIELD, originals.names().get(i));
        }
        return next.proceed(message.withHeaders(headers));
    }
}
