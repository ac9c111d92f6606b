package io.github.smtpproxy.service;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hosts of one service, of which the first that answers is taken. One that failed is asked last for 30 s. Thread-safe.
 *
 * @param <H> a host
 */
public final class Failover<H> {

    private static final Logger log = LoggerFactory.getLogger(Failover.class);
    private static final Duration AVOIDED = Duration.ofSeconds(30);

    private final List<H> hosts;
    private final Map<H, Long> failedAt = new ConcurrentHashMap<>();

    private Failover(List<H> hosts) {
        this.hosts = hosts;
    }

    /** These, in the order in which they are asked; at least one. */
    @SafeVarargs
    @SuppressWarnings("varargs") // the array is only read
    public static <H> Failover<H> of(H... hosts) {
        Objects.requireNonNull(hosts, "hosts");
        List<H> all = new ArrayList<>();
        for (H host : hosts) {
            all.add(Objects.requireNonNull(host, "host"));
        }
        if (all.isEmpty()) {
            throw new IllegalArgumentException("hosts must be at least 1, was 0");
        }
        return new Failover<>(List.copyOf(all));
    }

    /** What is asked of a host. */
    public interface Request<H, T> {
        /** @param limit how long it may take */
        T ask(H host, Duration limit) throws IOException, InterruptedException;
    }

    /** The hosts. */
    public List<H> hosts() {
        return hosts;
    }

    /**
     * Asks one host after the other until one answers. Each gets an equal part of the time that is left.
     *
     * @throws IOException that of the last one, where none answers
     * @throws TooLargeException at once: the answer of a host that is well
     */
    public <T> T ask(Duration limit, Request<H, T> request) throws IOException, InterruptedException {
        Objects.requireNonNull(limit, "limit");
        Objects.requireNonNull(request, "request");
        long end = System.nanoTime() + limit.toNanos();
        List<H> order = order();
        for (int i = 0; ; i++) {
            H host = order.get(i);
            int untried = order.size() - i;
            try {
                T answer = request.ask(host, Duration.ofNanos(Math.max(1, (end - System.nanoTime()) / untried)));
                failedAt.remove(host);
                return answer;
            } catch (TooLargeException wellAnswered) {
                throw wellAnswered;
            } catch (IOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                failedAt.put(host, System.nanoTime());
                if (untried == 1) {
                    throw e;
                }
                log.warn("{} cannot be asked, the next one is: {}", host, Printable.of(e.toString()));
            }
        }
    }

    private List<H> order() {
        long now = System.nanoTime();
        List<H> order = new ArrayList<>(hosts);
        order.sort(Comparator.comparing(h -> isAvoided(h, now)));
        return order;
    }

    private boolean isAvoided(H host, long now) {
        Long failed = failedAt.get(host);
        return failed != null && now - failed < AVOIDED.toNanos();
    }
}
