package io.github.smtpproxy.junit;

import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.Faults;
import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** Records all that one test makes clients and server send. Thread-safe. */
final class Recording implements Transcript, ProxyListener, Faults {

    private static final int MOST = 10_000;

    private static final Set<Class<? extends Fault>> WAITING =
            Set.of(Fault.Delay.class, Fault.Bandwidth.class, Fault.Slice.class, Fault.Linger.class);

    private final Inject inject;
    private final ReentrantLock lock = new ReentrantLock();
    private final Rows rows = new Rows();
    private final Map<String, Draft> drafts = new HashMap<>();
    /** Those in which a fault waits. */
    private final Map<String, Session> slowed = new HashMap<>();

    private final LinkedBlockingQueue<Conversation> ended = new LinkedBlockingQueue<>(MOST);
    private long test;

    Recording(Inject inject) {
        this.inject = inject;
    }

    /**
     * All of what was before is forgotten; what then ends of it is not reported. Where a fault still waits, both sides
     * are hung up: its message would be delivered in a test that knows nothing of it.
     */
    void clear() {
        List<Session> waiting = new ArrayList<>();
        locked(() -> {
            test++;
            rows.clear();
            ended.clear();
            waiting.addAll(slowed.values());
            slowed.clear();
        });
        waiting.forEach(session -> session.hangUp(Session.HangUp.CLOSE));
    }

    /** The oldest that was not taken. */
    Optional<Conversation> take(Duration patience) throws InterruptedException {
        return Optional.ofNullable(ended.poll(patience.toNanos(), TimeUnit.NANOSECONDS));
    }

    String text() {
        lock.lock();
        try {
            return rows.text();
        } finally {
            lock.unlock();
        }
    }

    private String text(String session) {
        lock.lock();
        try {
            return rows.text(session);
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    private void draft(Session session, Consumer<Draft> change) {
        locked(() -> Optional.ofNullable(drafts.get(session.id())).ifPresent(change));
    }

    @Override
    public List<Fault> at(FaultPoint point) {
        return inject.at(point).stream()
                .map(fault -> noted(point.session(), fault))
                .toList();
    }

    /** One that waits for octets is written down when it is made. */
    private Fault noted(Session session, Fault fault) {
        if (fault instanceof Fault.AfterOctets after) {
            return new Fault.AfterOctets(
                    after.octets(), () -> after.fault().get().map(made -> noted(session, made)));
        }
        locked(() -> {
            rows.fault(session.id(), fault);
            if (WAITING.contains(fault.getClass())) {
                slowed.put(session.id(), session);
            }
        });
        return fault;
    }

    @Override
    public void line(String session, Lane lane, boolean fromProxy, String line) {
        locked(() -> {
            rows.line(session, lane, fromProxy, line);
            if (lane == Lane.CLIENT && !fromProxy) {
                Optional.ofNullable(drafts.get(session)).ifPresent(draft -> draft.sent(line));
            }
        });
    }

    @Override
    public void sessionStarted(Session session) {
        locked(() -> drafts.put(session.id(), Draft.first(session.id(), test)));
    }

    @Override
    public void refused(Session session, Refusal refusal) {
        locked(() -> {
            ofThisTest(session);
            Optional.ofNullable(drafts.get(session.id())).ifPresent(draft -> draft.refused(refusal));
        });
    }

    @Override
    public void transactionStarted(Transaction transaction) {
        locked(() -> {
            reportEnded(transaction.session());
            ofThisTest(transaction.session());
        });
    }

    /** A connection that the program keeps belongs to the test in which it is used. */
    private void ofThisTest(Session session) {
        drafts.computeIfPresent(session.id(), (id, draft) -> draft.test == test ? draft : draft.in(test));
    }

    @Override
    public void mail(Transaction transaction, MailFrom mail, Reply reply) {
        if (reply.isPositive()) {
            String sender = mail.sender().map(Mailbox::toString).orElse("");
            draft(transaction.session(), draft -> draft.sender = Optional.of(sender));
        }
    }

    @Override
    public void rcpt(Transaction transaction, RcptTo rcpt, Reply reply) {
        if (reply.isPositive()) {
            draft(
                    transaction.session(),
                    draft -> draft.accepted(rcpt.recipient().toString()));
        }
    }

    @Override
    public void transactionEnded(Transaction transaction, Outcome outcome) {
        draft(transaction.session(), draft -> draft.outcome = Optional.of(outcome));
    }

    @Override
    public void command(Session session, String verb, Reply reply, Duration duration) {
        locked(() -> {
            slowed.remove(session.id());
            reportEnded(session);
        });
    }

    /** The end of a transaction is reported when its last reply is written, or when no more can be. */
    private void reportEnded(Session session) {
        Draft draft = drafts.get(session.id());
        if (draft != null && draft.outcome.isPresent()) {
            report(draft);
            drafts.put(draft.session, draft.next(test));
        }
    }

    @Override
    public void sessionEnded(Session session) {
        locked(() -> {
            slowed.remove(session.id());
            reportEnded(session);
        });
        draft(session, draft -> {
            if (draft.isFirst || !draft.refusals.isEmpty()) {
                report(draft);
            }
            drafts.remove(draft.session);
        });
    }

    private void report(Draft draft) {
        if (draft.test == test) {
            ended.offer(new Conversation(draft, () -> text(draft.session)));
        }
    }
}
