package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.filters.reputation.Reputation;
import io.github.smtpproxy.state.redis.RedisState;
import io.github.smtpproxy.throttling.Throttles;
import java.time.Duration;

/** The code of the page on shared state. */
final class SharedState {

    private SharedState() {}

    static RedisState share(SmtpProxyBuilder proxy) {
        // snippet: shared-state
        RedisState shared = RedisState.at("redis://:password@redis.example.org");
        proxy.sharedState(shared);
        proxy.throttle(Throttles.sensible());
        proxy.filter(Greylist.after(Duration.ofMinutes(5)));
        proxy.listener(Reputation.inMemory());
        // end
        return shared;
    }
}
