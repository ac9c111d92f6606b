package io.github.smtpproxy.oauth2;

import io.github.smtpproxy.route.TokenException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The token that all logins use, and the one request at a time for the next. Any thread. */
final class TokenCache {

    private static final Logger log = LoggerFactory.getLogger(OAuth2Tokens.class);

    private static final long FIRST_PAUSE = Duration.ofSeconds(1).toNanos();
    private static final long LONGEST_PAUSE = Duration.ofMinutes(1).toNanos();
    private static final long PERMANENT_PAUSE = Duration.ofMinutes(5).toNanos();
    private static final long BETWEEN_REFUSALS = Duration.ofMinutes(1).toNanos();

    /** A token is on its way for a while when a destination checks it: a tenth of its lifetime is left, but no more than this. */
    private static final long MARGIN = Duration.ofSeconds(30).toNanos();

    private final String name;
    private final Source source;
    private final Duration limit;
    private final LongSupplier nanoTime;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile Optional<Held> current = Optional.empty();
    /** Why there is no other; what follows is guarded by the lock. */
    private Optional<TokenRefusedException> failure = Optional.empty();

    private int failures;
    private long notBefore;
    private Optional<Long> refusedAt = Optional.empty();

    /** Asks the server. */
    interface Source {
        TokenAnswer ask() throws TokenRefusedException;

        /** After each use of the lock, without it: what may take long. */
        default void afterwards() {}
    }

    private record Held(String token, long renewAt, long endsAt) {
        boolean isFresh(long now) {
            return now - renewAt < 0;
        }

        boolean isUsable(long now) {
            return now - endsAt < 0;
        }
    }

    /**
     * @param name for the log
     * @param limit of one request, and so of the wait for the one of another thread
     */
    TokenCache(String name, Source source, Duration limit, LongSupplier nanoTime) {
        this.name = name;
        this.source = source;
        this.limit = limit;
        this.nanoTime = nanoTime;
    }

    /** @throws TokenException if there is none */
    String token() {
        long now = nanoTime.getAsLong();
        Optional<Held> held = current;
        if (held.filter(h -> h.isFresh(now)).isPresent()) {
            return held.get().token();
        }
        boolean usable = held.filter(h -> h.isUsable(now)).isPresent();
        if (usable && !asking.tryLock()) {
            return held.get().token();
        }
        if (!usable) {
            await();
        }
        try {
            return renewed();
        } finally {
            asking.unlock();
            source.afterwards();
        }
    }

    /** The server answers this thread, or has just answered another. */
    private String renewed() {
        long now = nanoTime.getAsLong();
        Optional<Held> held = current.filter(h -> h.isUsable(now));
        if (held.filter(h -> h.isFresh(now)).isPresent()) {
            return held.get().token();
        }
        if (mayAsk(now)) {
            ask(held);
        }
        return current.filter(h -> h.isUsable(nanoTime.getAsLong()))
                .map(Held::token)
                .orElseThrow(() -> new TokenException(name + ": "
                        + failure.map(TokenRefusedException::getMessage).orElse("its token has expired already")));
    }

    private void ask(Optional<Held> held) {
        try {
            // its lifetime began before it arrived
            long now = nanoTime.getAsLong();
            TokenAnswer answer = source.ask();
            long lifetime = answer.lifetime().toNanos();
            current = Optional.of(
                    new Held(answer.token(), now + lifetime / 5 * 4, now + lifetime - Math.min(MARGIN, lifetime / 10)));
            if (failure.isPresent()) {
                log.info("{}: gives tokens again", name);
            }
            failure = Optional.empty();
            failures = 0;
        } catch (TokenRefusedException refusal) {
            failed(refusal, held.isPresent());
        } catch (RuntimeException e) {
            // its message may contain what was read
            failed(
                    TokenRefusedException.forNow(
                            "the server cannot be asked: " + e.getClass().getName()),
                    held.isPresent());
        }
    }

    private void failed(TokenRefusedException refusal, boolean goesOn) {
        long pause = refusal.isPermanent()
                ? PERMANENT_PAUSE
                : Math.min(LONGEST_PAUSE, FIRST_PAUSE << Math.min(failures, 10));
        long longest = Math.max(pause, refusal.retryAfter().toNanos());
        failures++;
        failure = Optional.of(refusal);
        notBefore = nanoTime.getAsLong() + longest;
        String meanwhile = goesOn ? "the token in use is still valid" : "no login until then";
        String line = "{}: no new token: {}; asked again in {} s, {}";
        long seconds = TimeUnit.NANOSECONDS.toSeconds(longest);
        if (refusal.isPermanent()) {
            log.error(
                    line + "; it stays so until a setting is changed", name, refusal.getMessage(), seconds, meanwhile);
        } else {
            log.warn(line, name, refusal.getMessage(), seconds, meanwhile);
        }
    }

    /**
     * A destination has refused it. Until there is another one it stays: others may still accept it.
     *
     * @return whether there is another
     */
    boolean refused(String token) {
        await();
        try {
            long now = nanoTime.getAsLong();
            if (isAnother(token)) {
                return true;
            }
            if (refusedAt.filter(at -> now - at < BETWEEN_REFUSALS).isPresent()) {
                return false;
            }
            log.warn("{}: a destination refuses the token; another one is asked for", name);
            refusedAt = Optional.of(now);
            if (mayAsk(now)) {
                ask(current);
            }
            return isAnother(token);
        } finally {
            asking.unlock();
            source.afterwards();
        }
    }

    private boolean mayAsk(long now) {
        return failure.isEmpty() || now - notBefore >= 0;
    }

    private boolean isAnother(String token) {
        return current.filter(h -> h.token().equals(token)).isEmpty();
    }

    /** Waits for the request of another thread, which ends within its limit. */
    private void await() {
        try {
            if (!asking.tryLock(limit.toNanos() * 2, TimeUnit.NANOSECONDS)) {
                throw new TokenException(name + ": another login waits for a token, for longer than " + limit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TokenException(name + ": interrupted in the wait for a token");
        }
    }
}
