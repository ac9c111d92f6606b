package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.filters.WhenTooLarge;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.OtherCommand;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.service.Failover;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Asks a mail filter that speaks the milter protocol, version 6, about each step of a session, as Postfix and sendmail do:
 * OpenDKIM, rspamd, spamass-milter and clamav-milter work unchanged. It refuses in the milter's words, and makes the changes
 * that the milter wants. Several milters are several of these filters: each sees the message as the one before it left it.
 * Immutable: each setting makes another filter.
 *
 * <p>A refusal at connect or HELO is given to each recipient, unless {@link #atConnect}. What a milter discards is refused
 * unless {@link #onDiscard} routes it, since only the destination accepts. Changes of the envelope are sent to the destination
 * in a transaction of its own; see {@link Message}.
 */
public final class AskMilter implements ContentFilter {

    /** Why a milter wants the message quarantined: an attribute of the transaction. */
    public static final Key<String> QUARANTINE = Key.of("why a milter quarantines", String.class);

    /** The field of a message that a milter wants quarantined; its value is why. */
    public static final String QUARANTINE_FIELD = "X-Quarantine";

    /** Commands that have no filter of their own, and that no milter is asked about. */
    private static final Set<String> KNOWN = Set.of("NOOP", "HELP", "VRFY", "EXPN");

    private final Key<MilterTalk> key;
    // changed in a fresh copy only, before anybody else sees it
    private MilterSettings settings;
    private MilterPolicy policy = MilterPolicy.DEFAULT;
    private Predicate<Session> exempt = Clients.none();
    private boolean atConnect;

    private AskMilter(MilterSettings settings) {
        this.settings = settings;
        // each filter has its own, so that each of several has its own connection
        this.key = Key.of("a milter's session", MilterTalk.class);
    }

    private AskMilter(AskMilter other) {
        this(other.settings);
        this.policy = other.policy;
        this.exempt = other.exempt;
        this.atConnect = other.atConnect;
    }

    /**
     * Asks the milter at one of these addresses, the next one where one cannot be reached.
     *
     * @param servers {@code HOST:PORT} or the path of a Unix socket; at least one
     */
    public static AskMilter at(ServiceAddress... servers) {
        return new AskMilter(MilterSettings.of(Failover.of(servers)));
    }

    /** As {@link #at(ServiceAddress...)}, with addresses as {@link ServiceAddress#parse} reads them. */
    public static AskMilter at(String... servers) {
        return at(ServiceAddress.parseAll(servers));
    }

    /** This with a limit of the time for connecting and agreeing: 30 s by default, 10 minutes at most. */
    public AskMilter connectWithin(Duration limit) {
        return with(m -> m.settings = settings.connect(limit));
    }

    /** This with a limit of the time for an answer to a command: 30 s by default, 10 minutes at most. */
    public AskMilter commandWithin(Duration limit) {
        return with(m -> m.settings = settings.command(limit));
    }

    /**
     * This with a limit of the time for an answer to a field, a part of the body or the whole message: 300 s by default, 10
     * minutes at most. A milter that reports its progress gets this time again, for an hour altogether.
     */
    public AskMilter contentWithin(Duration limit) {
        return with(m -> m.settings = settings.content(limit));
    }

    /** This with another name of ours, macro {@code j}: this machine's by default. */
    public AskMilter hostname(String name) {
        return with(m -> m.settings = settings.hostname(name));
    }

    /**
     * This with another fate of mail while the milter cannot be asked, breaks the protocol or is too slow: {@code 451 4.7.1}
     * by default, or {@code 451 4.3.5} where it wants what it was not offered.
     */
    public AskMilter whenDown(WhenDown then) {
        Objects.requireNonNull(then, "whenDown");
        return with(m -> m.policy = policy.whenDown(then));
    }

    /**
     * This with a bound of the size of messages that the milter gets; there is none by default but that of the
     * endpoint, {@code spoolMax}.
     *
     * @param octets of the whole message, 1 and up
     * @param then the fate of a larger message
     */
    public AskMilter largest(long octets, WhenTooLarge then) {
        Objects.requireNonNull(then, "whenTooLarge");
        return with(m -> m.policy = policy.largest(octets, then));
    }

    /**
     * This with clients of which the milter gets nothing; {@link Clients#none()} by default, since a milter that signs
     * is there for those who are logged in. Asked at connect and HELO, and at each MAIL for the transaction.
     */
    public AskMilter exempt(Predicate<Session> clients) {
        Objects.requireNonNull(clients, "exempt");
        return with(m -> m.exempt = clients);
    }

    /** This with another fate of messages that the milter discards: {@code 550 5.7.1} by default. */
    public AskMilter onDiscard(OnDiscard fate) {
        Objects.requireNonNull(fate, "onDiscard");
        return with(m -> m.policy = policy.onDiscard(fate));
    }

    /**
     * This with another destination of messages that the milter quarantines. By default they go their way; either way they get
     * the field {@link #QUARANTINE_FIELD}.
     */
    public AskMilter quarantineTo(Target target) {
        Objects.requireNonNull(target, "target");
        return with(m -> m.policy = policy.quarantine(target));
    }

    /** This, refusing at connect and HELO what the milter refuses there; by default each recipient is refused. */
    public AskMilter atConnect() {
        return with(m -> m.atConnect = true);
    }

    private AskMilter with(Consumer<AskMilter> change) {
        AskMilter copy = new AskMilter(this);
        change.accept(copy);
        return copy;
    }

    private MilterTalk talk(Session session) {
        return session.attribute(key).orElseGet(() -> {
            MilterTalk begun = new MilterTalk(session, settings, policy);
            session.attribute(key, begun);
            return begun;
        });
    }

    @Override
    public Reply connect(Session session, Chain<Session> next) {
        Optional<Reply> refusal =
                exempt.test(session) ? Optional.empty() : talk(session).connect(next);
        return refusal.filter(r -> atConnect).map(AskMilter::greeting).orElseGet(() -> next.proceed(session));
    }

    /** A greeting is 220, 554 or 421 (RFC 5321 §4.3.2). */
    private static Reply greeting(Reply refusal) {
        String text = "Service unavailable - try again later";
        return refusal.isPermanent() || refusal.code() == 421 ? refusal : Reply.refusal(421, "4.7.1", text);
    }

    @Override
    public Reply hello(Hello hello, Chain<Hello> next) {
        Session session = next.session();
        Optional<Reply> refusal =
                exempt.test(session) ? Optional.empty() : talk(session).hello(hello, next);
        return refusal.filter(r -> atConnect).orElseGet(() -> next.proceed(hello));
    }

    @Override
    public Reply auth(Auth auth, Chain<Auth> next) {
        talk(next.session()).auth(auth.mechanism());
        return next.proceed(auth);
    }

    @Override
    public Reply unknown(OtherCommand command, Chain<OtherCommand> next) {
        boolean known = KNOWN.contains(command.verb());
        return known || exempt.test(next.session())
                ? next.proceed(command)
                : talk(next.session()).unknown(command, next);
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        MilterTalk talk = talk(next.session());
        if (exempt.test(next.session())) {
            talk.exempt(next.transaction());
            return next.proceed(mail);
        }
        return talk.mail(mail, next);
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        return talk(next.session()).rcpt(rcpt, next);
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        return talk(next.session()).data(message, next);
    }

    @Override
    public void ended(Transaction transaction, Outcome outcome) {
        transaction.session().attribute(key).ifPresent(MilterTalk::ended);
    }

    @Override
    public void ended(Session session) {
        session.attribute(key).ifPresent(MilterTalk::left);
    }
}
