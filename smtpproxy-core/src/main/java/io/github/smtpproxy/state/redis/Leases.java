package io.github.smtpproxy.state.redis;

import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Places that this proxy's holders have, as leases in Redis: a sorted set for each key, whose scores say when a lease ends by
 * Redis' clock. A proxy that is killed renews none, and so gives them back.
 */
final class Leases {

    private static final int BATCH = 500;

    private static final String NOW = """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            """;

    private static final Script ENTER = Script.of(ScriptOutputType.BOOLEAN, NOW + """
                    local key, holder, most, lease = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
                    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
                    if not redis.call('ZSCORE', key, holder) and redis.call('ZCARD', key) >= most then
                      return 0
                    end
                    redis.call('ZADD', key, now + lease, holder)
                    redis.call('PEXPIRE', key, lease)
                    return 1
                    """);

    private static final Script LEAVE =
            Script.of(ScriptOutputType.INTEGER, "return redis.call('ZREM', KEYS[1], ARGV[1])");

    /** Also adds a lease that is not there: it was given while Redis was away, or Redis lost it. */
    private static final Script RENEW = Script.of(ScriptOutputType.INTEGER, NOW + """
                    local lease = tonumber(ARGV[1])
                    for i, key in ipairs(KEYS) do
                      redis.call('ZADD', key, now + lease, ARGV[i + 1])
                      redis.call('PEXPIRE', key, lease)
                    end
                    return #KEYS
                    """);

    private record Lease(String key, String holder) {}

    private final Redis redis;
    private final String prefix;
    /** Keeps holders of several proxies apart, whose names may be the same. */
    private final String proxy;

    private final String millis;
    private final Set<Lease> held = ConcurrentHashMap.newKeySet();

    Leases(Redis redis, String prefix, String proxy, Duration lease) {
        this.redis = redis;
        this.prefix = prefix;
        this.proxy = proxy;
        this.millis = Long.toString(lease.toMillis());
        redis.keepUp(lease.dividedBy(3), this::renew);
    }

    private Lease lease(String key, String holder) {
        return new Lease(prefix + key, proxy + holder);
    }

    boolean isHeld(String key, String holder) {
        return held.contains(lease(key, holder));
    }

    /** Asks whether there is a place, which is held if there is; where Redis is away it is held in any case. */
    boolean enter(String key, String holder, long most) {
        Lease lease = lease(key, holder);
        Optional<Boolean> entered =
                redis.ask(to -> ENTER.run(to, List.of(lease.key()), lease.holder(), Long.toString(most), millis));
        boolean holds = entered.orElse(true);
        if (holds) {
            held.add(lease);
        }
        return holds;
    }

    void leave(String key, String holder) {
        Lease lease = lease(key, holder);
        if (held.remove(lease)) {
            giveBack(lease);
        }
    }

    private void giveBack(Lease lease) {
        redis.<Long>ask(to -> LEAVE.run(to, List.of(lease.key()), lease.holder()));
    }

    private void renew() {
        List<Lease> all = new ArrayList<>(held);
        for (int i = 0; i < all.size(); i += BATCH) {
            renew(all.subList(i, Math.min(i + BATCH, all.size())));
        }
    }

    private void renew(List<Lease> batch) {
        List<String> keys = batch.stream().map(Lease::key).toList();
        String[] arguments = Stream.concat(Stream.of(millis), batch.stream().map(Lease::holder))
                .toArray(String[]::new);
        redis.<Long>ask(to -> RENEW.run(to, keys, arguments));
        // who left in the meantime may have been added again
        batch.stream().filter(lease -> !held.contains(lease)).forEach(this::giveBack);
    }
}
