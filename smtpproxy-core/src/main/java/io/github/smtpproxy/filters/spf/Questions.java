package io.github.smtpproxy.filters.spf;

import io.github.smtpproxy.dns.DnsAnswer;
import io.github.smtpproxy.dns.DnsAnswer.Status;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.protocol.IpLiteral;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** What one check asks the DNS, within its limits (RFC 7208 §4.6.4). Used by one thread. */
final class Questions {

    private static final int MAX_TERMS = 10;
    private static final int MAX_VOID = 2;
    private static final int MAX_NAME = 253;
    private static final int MAX_LABEL = 63;

    private final Resolver resolver;
    private final long end;
    private int terms;
    private int emptyTerms;
    private boolean isEmptyTerm;

    Questions(Resolver resolver, Duration limit) {
        this.resolver = resolver;
        this.end = System.nanoTime() + limit.toNanos();
    }

    /** Counts a term that asks. */
    void count() {
        isEmptyTerm = false;
        if (++terms > MAX_TERMS) {
            throw SpfException.permanent("more than " + MAX_TERMS + " terms that ask the DNS");
        }
    }

    /** The texts of a name, which a record or an explanation is among. */
    List<String> texts(String name) {
        return isName(name) ? found(await(resolver.texts(name))).values() : List.of();
    }

    /** The addresses of a name of the client's family. */
    List<InetAddress> addresses(String name, InetAddress client) {
        return ask(name, client instanceof Inet4Address ? resolver::addresses : resolver::ipv6Addresses).stream()
                .flatMap(text -> IpLiteral.parse(text).stream())
                .toList();
    }

    /** Whether there is an IPv4 address of the name, whatever the client's family is (§5.7). */
    boolean exists(String name) {
        return !ask(name, resolver::addresses).isEmpty();
    }

    /** The mail exchangers of a domain. */
    List<String> exchangers(String domain) {
        return ask(domain, resolver::mailExchangers).stream()
                .map(record -> record.substring(record.indexOf(' ') + 1))
                .toList();
    }

    /** The names of an address, as many as count (§4.6.4). */
    List<String> pointers(InetAddress address) {
        return counted(await(resolver.pointers(address))).stream()
                .limit(MAX_TERMS)
                .toList();
    }

    private List<String> ask(String name, Function<String, CompletableFuture<DnsAnswer>> question) {
        return isName(name) ? counted(await(question.apply(name))) : List.of();
    }

    /**
     * Counts terms, as §4.6.4 has it, not questions: else a client of IPv6 would fail where three mail exchangers have
     * addresses of IPv4 only.
     */
    private List<String> counted(DnsAnswer answer) {
        if (!found(answer).isFound() && !isEmptyTerm) {
            isEmptyTerm = true;
            emptyTerms++;
        }
        if (emptyTerms > MAX_VOID) {
            throw SpfException.permanent("more than " + MAX_VOID + " terms without an answer");
        }
        return answer.values();
    }

    private static DnsAnswer found(DnsAnswer answer) {
        if (answer.status() == Status.FAILED) {
            throw SpfException.temporary("the DNS does not answer");
        }
        return answer;
    }

    /** What the DNS can be asked for: other names do not exist, and a backslash would be read in another way there. */
    static boolean isName(String name) {
        String open = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        if (open.isEmpty() || open.length() > MAX_NAME) {
            return false;
        }
        for (String label : open.split("\\.", -1)) {
            if (label.isEmpty() || label.length() > MAX_LABEL) {
                return false;
            }
        }
        return open.chars().allMatch(c -> c >= ' ' && c < 0x7F && c != '\\');
    }

    private DnsAnswer await(CompletableFuture<DnsAnswer> answer) {
        try {
            return answer.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            throw SpfException.temporary("no result in time");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SpfException.temporary("interrupted");
        } catch (ExecutionException e) {
            throw new IllegalStateException("a question to the DNS failed", e.getCause());
        }
    }
}
