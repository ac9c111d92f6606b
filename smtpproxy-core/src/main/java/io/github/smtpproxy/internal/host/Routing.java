package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.event.Refusal.By;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.service.WaitingThreads;
import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** The router of a proxy. One that fails refuses. */
public final class Routing {

    private final Router router;
    private final Duration limit;
    private final ForeignCode guard;

    /** @param limit how long a router may take that may wait */
    public Routing(Router router, Duration limit, Network network) {
        this.router = router;
        this.limit = limit;
        this.guard = new ForeignCode(network);
    }

    /** Asks for a route. */
    public Route route(Session session, Function<Router, Route> question) {
        return guard.ask(session.id(), "a route", router, () -> attributed(ask(session, question)))
                .orElseGet(() -> Route.refuse(failed()));
    }

    /** What was sent along a route is over. */
    public void ended(Session session, Route route) {
        if (route instanceof Route.To to && to.ended() != Route.NOTHING) {
            guard.run(session.id(), "the end of a route", router, to.ended());
        }
    }

    private Route ask(Session session, Function<Router, Route> question) {
        return router.neverWaits() ? question.apply(router) : askAside(session, question);
    }

    /**
     * On a thread of its own, for which the session waits as long as it may. A decision that comes later has ended when it
     * comes. An interrupt that was there before belongs to a filter that proceeds, and ends no wait.
     */
    private Route askAside(Session session, Function<Router, Route> question) {
        boolean interrupted = Thread.interrupted();
        CompletableFuture<Route> decision = new CompletableFuture<>();
        Future<?> asking = WaitingThreads.submit(() -> decide(session, question, decision));
        try {
            return decision.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            if (decision.completeExceptionally(new IllegalStateException("no route within " + limit, e))) {
                asking.cancel(true);
            }
            return decision.join();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Asks, and ends at once what nobody waits for any more. */
    private Void decide(Session session, Function<Router, Route> question, CompletableFuture<Route> decision) {
        try {
            Route route = question.apply(router);
            if (decision.complete(route)) {
                ForeignCode.clearInterrupt(session.id(), "a route", router);
            } else {
                ended(session, route);
            }
        } catch (Throwable e) {
            decision.completeExceptionally(e);
        }
        return null;
    }

    /** A refusal is copied: it may be of a class of the router's own. */
    private Route attributed(Route route) {
        return route instanceof Route.Refuse refuse
                ? Route.refuse(OwnReply.by(By.ROUTER, ForeignCode.name(router), refuse.reply()))
                : route;
    }

    /** All destinations that the router may name, in its order; empty if it fails. */
    public Optional<List<Destination>> reach(Session session) {
        return guard.ask(session.id(), "reach", router, () -> destinations(router));
    }

    /**
     * All destinations that a router may name, before the proxy starts.
     *
     * @throws IllegalStateException if the router fails
     */
    public static List<Destination> reach(Router router) {
        try {
            return destinations(router);
        } catch (Throwable e) {
            throw new IllegalStateException("reach() of the router failed", e);
        }
    }

    /** Those of all targets, each once. */
    private static List<Destination> destinations(Router router) {
        return router.reach().stream()
                .flatMap(target -> target.destinations().stream())
                .distinct()
                .toList();
    }

    /** The reply in place of what needs them. */
    public OwnReply failed() {
        return OwnReply.by(By.ROUTER, ForeignCode.name(router), Replies.FAILED);
    }
}
