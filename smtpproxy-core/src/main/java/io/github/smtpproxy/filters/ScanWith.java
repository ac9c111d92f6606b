package io.github.smtpproxy.filters;

import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.service.Printable;
import io.github.smtpproxy.service.TooLargeException;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A scanner that asks a service over the network. Whether it is asked at all, how long, and what becomes of a message that
 * is too large or cannot be scanned, is the same for all of them. Immutable: each setting makes another scanner.
 *
 * @param <S> the scanner itself
 */
public abstract class ScanWith<S extends ScanWith<S>> implements Scanner {

    private static final Logger log = LoggerFactory.getLogger(ScanWith.class);

    private final ScanSettings settings;

    /** @param settings those that all scanners have */
    protected ScanWith(ScanSettings settings) {
        this.settings = settings;
    }

    /** The settings that all scanners have. */
    protected final ScanSettings settings() {
        return settings;
    }

    /** This with other settings. */
    protected abstract S with(ScanSettings changed);

    /**
     * Asks the service. On a thread of its own; an interrupt ends it.
     *
     * @param limit how long it may take
     * @throws TooLargeException where the service does not take a message of this size
     * @throws Exception where it cannot be asked: the message counts as not scanned
     */
    protected abstract Finding scan(Scanned scanned, Duration limit) throws Exception;

    /** This with a limit of the time that scanning may take: 10 s by default, 10 minutes at most. */
    public S within(Duration limit) {
        return with(settings.limit(limit));
    }

    /** This with another fate of messages that cannot be scanned, {@link WhenDown#DEFER} by default. */
    public S whenDown(WhenDown then) {
        return with(settings.whenDown(then));
    }

    /**
     * This with a bound of the size of messages that are scanned.
     *
     * @param octets of the whole message, 1 and up
     * @param then the fate of a larger message, {@link WhenTooLarge#PASS} by default
     */
    public S largest(long octets, WhenTooLarge then) {
        return with(settings.largest(octets, then));
    }

    /** This with other clients whose messages are not scanned, {@link Clients#trusted()} by default. */
    public S exempt(Predicate<Session> clients) {
        return with(settings.exempt(clients));
    }

    /** The name of this scanner in verdicts and in the log. */
    protected final String name() {
        return getClass().getSimpleName();
    }

    @Override
    public Optional<Examination> examine(Message message, Transaction transaction) {
        if (settings.exempt().test(transaction.session())) {
            return Optional.empty();
        }
        String id = transaction.id();
        if (!message.keepUpTo(settings.largest())) {
            return Optional.of(Examination.known(tooLarge(id)));
        }
        Scanned scanned = Scanned.of(message, transaction);
        long began = System.nanoTime();
        return Optional.of(Examination.of(
                settings.limit(), () -> scan(scanned, settings.limit()), failure -> failed(id, failure, began)));
    }

    private Finding failed(String id, Throwable failure, long began) {
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        if (failure instanceof TooLargeException) {
            log.info("{}: {}: {}", id, name(), Printable.of(failure.getMessage()));
            return tooLarge(id);
        }
        String why = failure instanceof TimeoutException
                ? "no answer within " + settings.limit()
                : Printable.of(failure.toString());
        log.warn("{}: {} cannot scan the message: {}", id, name(), why);
        Verdict down = verdict(settings.whenDown() == WhenDown.PASS ? Decision.PASS : Decision.DEFER, "down")
                .took(took);
        return settings.whenDown() == WhenDown.PASS
                ? Finding.pass(down)
                : Finding.refuse(
                        down, Reply.refusal(451, "4.7.1", "Cannot scan the message, try again later (" + id + ")"));
    }

    private Finding tooLarge(String id) {
        return switch (settings.whenTooLarge()) {
            case PASS -> Finding.pass(verdict(Decision.PASS, "too large"));
            case DEFER ->
                Finding.refuse(
                        verdict(Decision.DEFER, "too large"),
                        Reply.refusal(451, "4.7.1", "Message is too large to be scanned (" + id + ")"));
            case REFUSE ->
                Finding.refuse(
                        verdict(Decision.REFUSE, "too large"),
                        Reply.refusal(552, "5.3.4", "Message is too large to be scanned (" + id + ")"));
        };
    }

    private Verdict verdict(Decision decision, String rule) {
        return Verdict.of(name(), decision).rule(rule);
    }
}
