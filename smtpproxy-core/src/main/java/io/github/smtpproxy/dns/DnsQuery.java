package io.github.smtpproxy.dns;

import io.github.smtpproxy.dns.DnsAnswer.Status;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** One question to the servers, over UDP, and over TCP where the answer does not fit (RFC 7766). */
final class DnsQuery {

    private static final Logger log = LoggerFactory.getLogger(DnsQuery.class);
    private static final int MAX_VALUES = 100;
    private static final int TRIES = 2;
    private static final DnsAnswer FAILED = new DnsAnswer(Status.FAILED, List.of(), Duration.ZERO, false);

    private final ExtendedResolver servers;
    private final Duration limit;

    /** @param servers none for those of the system */
    DnsQuery(List<InetSocketAddress> servers, Duration limit) {
        this.servers = servers.isEmpty()
                ? new ExtendedResolver()
                : new ExtendedResolver(servers.stream().map(SimpleResolver::new).toArray(SimpleResolver[]::new));
        this.servers.setRetries(TRIES);
        this.servers.setLoadBalance(false);
        this.servers.setTimeout(
                limit.dividedBy(TRIES).compareTo(Duration.ofMillis(1)) < 0 ? limit : limit.dividedBy(TRIES));
        this.limit = limit;
    }

    /** Completes always. */
    CompletableFuture<DnsAnswer> ask(DnsQuestion question) {
        int type = Type.value(question.type().name());
        try {
            Name name = Name.fromString(question.name() + ".");
            Message query = Message.newQuery(Record.newRecord(name, type, DClass.IN));
            return servers.sendAsync(query)
                    .toCompletableFuture()
                    .copy()
                    .orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
                    .thenApply(answer -> read(answer, type))
                    .exceptionally(failure -> failed(question, failure));
        } catch (TextParseException noName) {
            return CompletableFuture.completedFuture(new DnsAnswer(Status.NONE, List.of(), Duration.ZERO, true));
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(failed(question, e));
        }
    }

    /** The name may hold a key, so it is not logged. */
    private static DnsAnswer failed(DnsQuestion question, Throwable failure) {
        log.debug(
                "no answer to a question for {}: {}",
                question.type(),
                failure.getClass().getName());
        return FAILED;
    }

    private static DnsAnswer read(Message answer, int type) {
        if (answer.getRcode() != Rcode.NOERROR && answer.getRcode() != Rcode.NXDOMAIN) {
            return FAILED;
        }
        List<Record> records = answer.getSection(Section.ANSWER).stream()
                .filter(r -> r.getType() == type)
                .limit(MAX_VALUES)
                .toList();
        // an alias is a name, whatever its target is
        boolean missing = answer.getRcode() == Rcode.NXDOMAIN
                && answer.getSection(Section.ANSWER).isEmpty();
        if (answer.getRcode() == Rcode.NXDOMAIN || records.isEmpty()) {
            return new DnsAnswer(Status.NONE, List.of(), negativeLifetime(answer), missing);
        }
        long seconds = records.stream().mapToLong(Record::getTTL).min().orElse(0);
        return new DnsAnswer(
                Status.FOUND,
                records.stream().map(DnsQuery::value).toList(),
                Duration.ofSeconds(Math.max(0, seconds)),
                false);
    }

    /** RFC 2308 §5. */
    private static Duration negativeLifetime(Message answer) {
        return answer.getSection(Section.AUTHORITY).stream()
                .filter(SOARecord.class::isInstance)
                .map(r -> Math.min(r.getTTL(), ((SOARecord) r).getMinimum()))
                .findFirst()
                .map(seconds -> Duration.ofSeconds(Math.max(0, seconds)))
                .orElse(Duration.ZERO);
    }

    private static String value(Record record) {
        if (record instanceof ARecord address) {
            return address.getAddress().getHostAddress();
        }
        if (record instanceof AAAARecord address) {
            return address.getAddress().getHostAddress();
        }
        if (record instanceof MXRecord exchanger) {
            return exchanger.getPriority() + " " + exchanger.getTarget().toString(true);
        }
        if (record instanceof PTRRecord pointer) {
            return pointer.getTarget().toString(true);
        }
        return ((TXTRecord) record)
                .getStringsAsByteArrays().stream()
                        .flatMap(part -> Stream.of(new String(part, StandardCharsets.ISO_8859_1)))
                        .collect(Collectors.joining());
    }
}
