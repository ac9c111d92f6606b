package io.github.smtpproxy.filters.hook;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Examination;
import io.github.smtpproxy.filters.Finding;
import io.github.smtpproxy.filters.OnDiscard;
import io.github.smtpproxy.filters.ScanSettings;
import io.github.smtpproxy.filters.ScanWith;
import io.github.smtpproxy.filters.Scanned;
import io.github.smtpproxy.filters.WhenDown;
import io.github.smtpproxy.json.JsonLibrary;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Auth;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.OtherCommand;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.session.Key;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * <strong>Experimental: the dialect is a draft of others, and may change with it.</strong> Asks a program of the host's own, by
 * HTTP and JSON in the dialect of Stalwart's MTA hooks, and obeys it: {@code accept} lets a message go on, perhaps
 * changed, {@code reject} refuses it in the hook's words, {@code quarantine} marks it, and {@code discard} refuses it unless
 * {@link #onDiscard} routes it. Only the destination accepts: whatever status comes with {@code accept}, the client gets the
 * reply of the destination.
 *
 * <p>Asked at the end of the message unless {@link #stages} says otherwise; {@link Clients#trusted()} are exempt. An answer
 * that cannot be understood, contradicts itself or is too large counts as none, see {@link #whenDown}. All that is asked is
 * asked before the message's end goes to the destination, of the next server where one fails, and never again after it.
 *
 * <p>Up to 10 MiB by default; larger messages pass. Immutable: each setting makes another filter. Needs
 * {@code com.fasterxml.jackson.core:jackson-core}.
 */
public final class AskHook extends ScanWith<AskHook> {

    /** What the hook answered for the message: an attribute of the transaction. */
    public static final Key<HookAction> ACTION = Key.of("what the hook said of the message", HookAction.class);

    private static final Logger log = LoggerFactory.getLogger(AskHook.class);

    private static final long LARGEST = 10L << 20;

    private final HookServers servers;
    private final HookFate fate;
    private final Set<HookStage> stages;
    private final HookMarks marks;

    private AskHook(ScanSettings settings, HookServers servers, HookFate fate, Set<HookStage> stages, HookMarks marks) {
        super(settings);
        this.servers = servers;
        this.fate = fate;
        this.stages = stages;
        this.marks = marks;
    }

    /**
     * Asks one of these, the next one where one fails.
     *
     * @param urls {@code http://HOST:PORT/PATH} or {@code https://…}, with a query or without; at least one
     * @throws IllegalStateException if the library is missing
     */
    public static AskHook at(String... urls) {
        JsonLibrary.require("AskHook");
        return new AskHook(
                ScanSettings.upTo(LARGEST),
                HookServers.at(urls),
                HookFate.usual(),
                EnumSet.of(HookStage.DATA),
                new HookMarks());
    }

    /**
     * This asking at other stages, {@link HookStage#DATA} by default. At each the client waits for the hook, and at RCPT for
     * the destination's replies to the recipients before, too. An answer for a client that is exempt later, since it
     * logs in, is forgotten, unless it refused.
     */
    public AskHook stages(HookStage first, HookStage... others) {
        Objects.requireNonNull(first, "stage");
        Objects.requireNonNull(others, "stages");
        for (HookStage other : others) {
            Objects.requireNonNull(other, "stage");
        }
        return new AskHook(settings(), servers, fate, EnumSet.of(first, others), marks);
    }

    /** This with a token that the hook knows us by ({@code Authorization: Bearer}); best by {@code https} or on loopback. */
    public AskHook bearer(String token) {
        return with(servers.bearer(token));
    }

    /** This with a name and a password that the hook knows us by ({@code Authorization: Basic}). */
    public AskHook basic(String user, String password) {
        return with(servers.basic(user, password));
    }

    /** This sending the whole message too, octet for octet: {@code message.raw}, in Base64. */
    public AskHook withRawMessage() {
        return with(servers.raw(true));
    }

    /** This with another fate of messages that the hook wants to discard: they are refused with {@code 550 5.7.1} by default. */
    public AskHook onDiscard(OnDiscard then) {
        return new AskHook(settings(), servers, fate.discard(then), stages, marks);
    }

    /** This sending messages that the hook wants in quarantine there; by default they go on with {@code X-Quarantine: hook}. */
    public AskHook quarantineTo(Target target) {
        return new AskHook(settings(), servers, fate.quarantine(target), stages, marks);
    }

    private AskHook with(HookServers changed) {
        return new AskHook(settings(), changed, fate, stages, marks);
    }

    @Override
    protected AskHook with(ScanSettings changed) {
        return new AskHook(changed, servers, fate, stages, marks);
    }

    @Override
    public Reply connect(Session session, Chain<Session> next) {
        return ask(HookStage.CONNECT, next, () -> HookRequest.connect(session), action -> {
            marks.add(session, action);
            return next.proceed(session);
        });
    }

    @Override
    public Reply hello(Hello hello, Chain<Hello> next) {
        Session session = next.session();
        return ask(HookStage.EHLO, next, () -> HookRequest.ehlo(session, hello), action -> {
            marks.add(session, action);
            return next.proceed(hello);
        });
    }

    @Override
    public Reply auth(Auth auth, Chain<Auth> next) {
        return marks.end(next.session()).orElseGet(() -> next.proceed(auth));
    }

    @Override
    public Reply unknown(OtherCommand command, Chain<OtherCommand> next) {
        return marks.end(next.session()).orElseGet(() -> next.proceed(command));
    }

    @Override
    public Reply mail(MailFrom mail, TransactionChain<MailFrom> next) {
        Transaction transaction = next.transaction();
        return ask(HookStage.MAIL, next, () -> HookRequest.mail(transaction, mail), action -> {
            marks.add(transaction, action);
            return next.proceed(mail);
        });
    }

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        Transaction transaction = next.transaction();
        return ask(HookStage.RCPT, next, () -> HookRequest.rcpt(transaction, rcpt), action -> {
            Reply reply = next.proceed(rcpt);
            // an answer for somebody who is no recipient is not for the message
            if (action != HookAction.ACCEPT && !reply.isRefusal()) {
                marks.add(transaction, action);
            }
            return reply;
        });
    }

    private Reply ask(HookStage stage, Chain<?> next, Supplier<HookRequest> request, Function<HookAction, Reply> goOn) {
        Optional<Reply> end = marks.end(next.session());
        if (end.isPresent() || !stages.contains(stage) || settings().exempt().test(next.session())) {
            return end.orElseGet(() -> goOn.apply(HookAction.ACCEPT));
        }
        return decide(request.get(), next, goOn);
    }

    private Reply decide(HookRequest request, Chain<?> next, Function<HookAction, Reply> goOn) {
        long began = System.nanoTime();
        HookAnswer answer;
        try {
            answer = servers.askBeforeData(request, settings().limit());
        } catch (IOException | TimeoutException e) {
            return down(request, e, began, next, goOn);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return down(request, e, began, next, goOn);
        }
        Optional<Reply> refusal = fate.refusal(answer, request.id());
        next.verdict(verdict(refusal, request.stage() + " " + answer.action(), began));
        refusal.ifPresent(r -> marks.close(next.session(), answer));
        return refusal.orElseGet(() -> goOn.apply(answer.action()));
    }

    private Reply down(
            HookRequest request, Exception failure, long began, Chain<?> next, Function<HookAction, Reply> goOn) {
        String why = failure instanceof TimeoutException
                ? "no answer within " + settings().limit()
                : Printable.of(failure.toString());
        log.warn("{}: no hook can be asked at {}: {}", request.id(), request.stage(), why);
        int code = request.stage() == HookStage.CONNECT ? 421 : 451;
        Optional<Reply> refusal = settings().whenDown() == WhenDown.PASS
                ? Optional.empty()
                : Optional.of(
                        Reply.refusal(code, "4.7.1", "Cannot decide now, try again later (" + request.id() + ")"));
        next.verdict(verdict(refusal, request.stage() + " down", began));
        return refusal.orElseGet(() -> goOn.apply(HookAction.ACCEPT));
    }

    private Verdict verdict(Optional<Reply> refusal, String rule, long began) {
        Decision decision = refusal.map(r -> r.isPermanent() ? Decision.REFUSE : Decision.DEFER)
                .orElse(Decision.PASS);
        return Verdict.of(name(), decision).rule(rule).took(Duration.ofNanos(System.nanoTime() - began));
    }

    /** As that of all scanners; what the hook answered before the message came is carried out with its answer to it. */
    @Override
    public Optional<Examination> examine(Message message, Transaction transaction) {
        Optional<Reply> end = marks.end(transaction.session());
        if (end.isPresent()) {
            Verdict verdict = verdict(end, "disconnect", System.nanoTime());
            return Optional.of(Examination.known(Finding.refuse(verdict, end.get())));
        }
        Optional<Examination> asked =
                stages.contains(HookStage.DATA) ? super.examine(message, transaction) : Optional.empty();
        HookAction before = settings().exempt().test(transaction.session()) ? HookAction.ACCEPT : marks.of(transaction);
        if (before == HookAction.ACCEPT) {
            return asked;
        }
        Verdict verdict = verdict(Optional.empty(), before.toString(), System.nanoTime());
        return Optional.of(asked.orElseGet(() -> Examination.known(Finding.pass(verdict)))
                .changing(m -> fate.carriedOut(before, m)));
    }

    @Override
    protected Finding scan(Scanned scanned, Duration limit) throws IOException, InterruptedException {
        long began = System.nanoTime();
        HookAnswer answer = servers.ask(HookRequest.data(scanned), limit);
        Optional<Reply> refusal = fate.refusal(answer, scanned.id());
        Verdict verdict = verdict(refusal, HookStage.DATA + " " + answer.action(), began);
        Finding finding = refusal.map(r -> Finding.refuse(verdict, r))
                .orElseGet(() -> Finding.pass(verdict)
                        .changing(message -> fate.carriedOut(answer.action(), answer.changed(message))));
        return marks.closing(finding.evidence(ACTION, answer.action()), answer);
    }

    @Override
    public void ended(Transaction transaction, Outcome outcome) {
        marks.ended(transaction);
    }
}
