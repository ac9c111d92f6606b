package io.github.smtpproxy.throttling;

import io.github.smtpproxy.session.Session;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;

/** Sessions that are held, in the order in which they began: so many at once. Thread-safe. */
final class HeldSessions {

    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, CompletableFuture<Void>> held = new LinkedHashMap<>();

    HeldSessions(int most) {
        this.most = most;
    }

    /** One more; the one that has been held longest may be let go for it. */
    CompletionStage<Void> hold(Session session) {
        CompletableFuture<Void> one = new CompletableFuture<>();
        List<CompletableFuture<Void>> letGo = new ArrayList<>();
        lock.lock();
        try {
            held.put(session.id(), one);
            while (held.size() > most) {
                String oldest = held.keySet().iterator().next();
                letGo.add(held.remove(oldest));
            }
        } finally {
            lock.unlock();
        }
        letGo.forEach(oldest -> oldest.complete(null));
        // the proxy cancels it when the session goes on
        one.whenComplete((any, failure) -> goesOn(session, one));
        return one;
    }

    private void goesOn(Session session, CompletableFuture<Void> one) {
        lock.lock();
        try {
            held.remove(session.id(), one);
        } finally {
            lock.unlock();
        }
    }
}
