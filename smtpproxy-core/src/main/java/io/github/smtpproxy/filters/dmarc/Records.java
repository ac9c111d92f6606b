package io.github.smtpproxy.filters.dmarc;

import io.github.smtpproxy.dns.DnsAnswer;
import io.github.smtpproxy.dns.DnsAnswer.Status;
import io.github.smtpproxy.dns.Resolver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The records of domains, asked for within a limit of time. Used by one thread. */
final class Records {

    private final Resolver resolver;
    private final long end;

    Records(Resolver resolver, Duration limit) {
        this.resolver = resolver;
        this.end = System.nanoTime() + limit.toNanos();
    }

    /** @throws UnansweredException if nobody knows */
    Optional<DmarcRecord> of(String domain) {
        return DmarcRecord.among(await(resolver.texts("_dmarc." + domain)).values());
    }

    /** Whether there is such a name (RFC 9989 §3.2.13), whatever it has. */
    boolean exists(String domain) {
        return !await(resolver.addresses(domain)).nameMissing();
    }

    private DnsAnswer await(CompletableFuture<DnsAnswer> coming) {
        try {
            DnsAnswer answer = coming.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (answer.status() == Status.FAILED) {
                throw new UnansweredException("the DNS does not answer");
            }
            return answer;
        } catch (TimeoutException late) {
            throw new UnansweredException("no result in time");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnansweredException("interrupted");
        } catch (ExecutionException e) {
            throw new IllegalStateException("a question to the DNS failed", e.getCause());
        }
    }
}
