package io.github.smtpproxy.filters.sender;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.dmarc.DmarcResult;
import io.github.smtpproxy.filters.dmarc.DmarcResult.Code;
import io.github.smtpproxy.filters.dmarc.Policy;
import io.github.smtpproxy.filters.spf.SpfResult;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Finds out by SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989) whether who is named as the sender of a message has sent
 * it, and puts it in an Authentication-Results field (RFC 8601) on top of the message. It only reports, until {@link
 * #enforce} has it refuse what the owner of the author's domain wants to be refused. Trouble with the DNS refuses nothing.
 *
 * <p>Fields that claim to be ours are removed, so that whoever reads the message may trust those that are there. It goes
 * before filters that change messages: what they change is no longer what was signed. Immutable: each setting makes another
 * filter.
 */
public final class VerifySender implements ContentFilter, Cloneable {

    /** What SPF says: an attribute of the transaction, from its first RCPT on. */
    public static final Key<SpfResult> SPF = Key.of("SPF result", SpfResult.class);

    /** What is known of the sender: an attribute of the transaction, once its message is there. */
    public static final Key<VerifiedSender> VERIFIED = Key.of("verified sender", VerifiedSender.class);

    /** The MAIL command as it came here, whatever filters behind this one make of it. */
    private static final Key<MailFrom> MAIL = Key.of("MAIL of the sender to verify", MailFrom.class);

    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final String QUARANTINE = "X-Quarantine";

    private final AuthenticationResults field;
    // changed in a fresh copy only, before anybody else sees it
    private Duration limit = Duration.ofSeconds(20);
    private SenderLookups lookups = SenderLookups.with(Resolver.system(), limit);
    private boolean enforces;
    private WhenDown whenDown = WhenDown.PASS;
    private OnDiscard quarantine = OnDiscard.refuse();
    private Predicate<Session> exempt = Clients.trusted();
    private Predicate<Session> forwarders = Clients.none();

    private VerifySender(String authservId) {
        this.field = new AuthenticationResults(authservId);
    }

    /**
     * Reports under this name, and refuses nothing.
     *
     * @param authservId the name of those who trust each other's fields (RFC 8601 §2.5), often the host name of the mail
     *     server that the world sees
     */
    public static VerifySender as(String authservId) {
        Objects.requireNonNull(authservId, "authservId");
        if (!HostName.isValid(authservId) || authservId.endsWith(".")) {
            throw new IllegalArgumentException("authservId must be a host name, was \"" + authservId + "\"");
        }
        return new VerifySender(authservId);
    }

    /**
     * This, doing what the owner of the author's domain asks for: a message that fails DMARC is refused with {@code 550
     * 5.7.26} where that is {@code reject}, and marked with an {@code X-Quarantine} field where it is {@code quarantine}. A
     * message of which nobody can tell the author's domain is refused with {@code 550 5.7.1}.
     */
    public VerifySender enforce() {
        return with(v -> v.enforces = true);
    }

    /** This, refusing nothing, as it does by default: listeners get what it would refuse ({@code observed}). */
    public VerifySender report() {
        return with(v -> v.enforces = false);
    }

    /** This with another fate of messages while the DNS does not answer, where it enforces: they pass by default. */
    public VerifySender whenDown(WhenDown then) {
        Objects.requireNonNull(then, "whenDown");
        return with(v -> v.whenDown = then);
    }

    /** This, where it enforces: messages for quarantine go there, and the client gets the reply of that destination. */
    public VerifySender quarantineTo(Target target) {
        Objects.requireNonNull(target, "quarantine");
        return with(v -> v.quarantine = OnDiscard.routeTo(target));
    }

    /** This with other clients whose messages are not looked at, {@link Clients#trusted()} by default. */
    public VerifySender exempt(Predicate<Session> clients) {
        Objects.requireNonNull(clients, "exempt");
        return with(v -> v.exempt = clients);
    }

    /** This with clients that forward mail of others, which breaks SPF: they are reported on, and never refused. */
    public VerifySender forwarders(Predicate<Session> clients) {
        Objects.requireNonNull(clients, "forwarders");
        return with(v -> v.forwarders = clients);
    }

    /** This, asking these DNS servers; those of the system by default. */
    public VerifySender resolver(Resolver other) {
        Objects.requireNonNull(other, "resolver");
        return with(v -> v.lookups = SenderLookups.with(other, limit));
    }

    /**
     * This with another limit of the time that SPF, and DMARC for each of the author's domains, may wait for the DNS: 20 s by
     * default, 10 minutes at most.
     */
    public VerifySender within(Duration value) {
        return with(v -> {
            v.limit = TimeLimit.check("limit", value, LONGEST);
            v.lookups = lookups.within(value);
        });
    }

    private VerifySender with(Consumer<VerifySender> change) {
        try {
            VerifySender copy = (VerifySender) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        if (!exempt.test(next.session())) {
            next.transaction().attribute(MAIL, mail);
        }
        return next.proceed(mail);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        if (!exempt.test(next.session())) {
            spf(next.transaction());
        }
        return next.proceed(rcpt);
    }

    private SpfResult spf(Transaction transaction) {
        Optional<SpfResult> known = transaction.attribute(SPF);
        if (known.isPresent()) {
            return known.get();
        }
        Session session = transaction.session();
        MailFrom mail = transaction.attribute(MAIL).orElseGet(transaction::mail);
        SpfResult result = lookups.spf(session.remoteAddress().getAddress(), mail, hello(session));
        transaction.attribute(SPF, result);
        return result;
    }

    private static String hello(Session session) {
        return session.hello().map(Hello::name).orElse("");
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        if (!exempt.test(next.session())) {
            return verify(message, next);
        }
        // what a server of ours has written stays; who has logged in is no server of ours
        return next.proceed(
                next.session().authenticated() ? message.withHeaders(field.withoutOurs(message.headers())) : message);
    }

    private Reply verify(Message message, TransactionChain<Message> next) {
        long began = System.nanoTime();
        VerifiedSender sender = lookups.verify(message, spf(next.transaction()));
        next.transaction().attribute(VERIFIED, sender);
        boolean forwarded = forwarders.test(next.session());
        Optional<Reply> refusal = forwarded
                ? Optional.empty()
                : refusal(sender.dmarc(), next.transaction().id());
        Decision decision = refusal.map(r -> r.isPermanent() ? Decision.REFUSE : Decision.DEFER)
                .orElse(Decision.PASS);
        next.verdict(Verdict.of("VerifySender", decision)
                .rule(sender + (forwarded ? " forwarder" : ""))
                .took(Duration.ofNanos(System.nanoTime() - began)));
        if (refusal.isPresent() && enforces) {
            return refusal.get();
        }
        refusal.ifPresent(reply -> next.observed(
                Refusal.of(By.FILTER, "VerifySender", "DATA", reply).transaction(next.transaction())));
        return next.proceed(reported(message, sender, enforces && !forwarded));
    }

    private Optional<Reply> refusal(DmarcResult dmarc, String id) {
        if (dmarc.disposition() == Policy.REJECT) {
            String text = "Message is not authenticated as from " + dmarc.author() + ", whose DMARC policy is reject";
            return Optional.of(Reply.refusal(550, "5.7.26", text + " (" + id + ")"));
        }
        if (dmarc.code() == Code.PERMERROR && dmarc.author().isEmpty()) {
            String text = "Author cannot be verified (DMARC): " + dmarc.reason();
            return Optional.of(Reply.refusal(550, "5.7.1", text + " (" + id + ")"));
        }
        return dmarc.code() == Code.TEMPERROR && whenDown == WhenDown.DEFER
                ? Optional.of(Reply.refusal(451, "4.7.1", "Cannot verify the sender, try again later (" + id + ")"))
                : Optional.empty();
    }

    private Message reported(Message message, VerifiedSender sender, boolean mayQuarantine) {
        Headers headers = field.withoutOurs(message.headers()).without(QUARANTINE);
        if (!mayQuarantine || sender.dmarc().disposition() != Policy.QUARANTINE) {
            return message.withHeaders(field.prepend(headers, sender));
        }
        Headers marked =
                headers.prepend(QUARANTINE, "DMARC policy of " + sender.dmarc().author());
        Message reported = message.withHeaders(field.prepend(marked, sender));
        return quarantine.target().map(reported::routedTo).orElse(reported);
    }
}
