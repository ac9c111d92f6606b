package io.github.smtpproxy.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The meters of a registry by their tags' values, which are found faster here than there. Any thread. */
final class Meters<M> {

    private final Map<List<String>, M> known = new ConcurrentHashMap<>();
    private final Maker<M> maker;
    private final List<String> keys;

    /** Makes a meter in the registry, or finds it there. */
    private interface Maker<M> {
        M make(Tags tags);
    }

    private Meters(Maker<M> maker, String... keys) {
        this.maker = maker;
        this.keys = List.of(keys);
    }

    /** Timers with these tags. */
    static Meters<Timer> timers(MeterRegistry registry, String name, String description, String... keys) {
        return new Meters<>(
                tags -> Timer.builder(name).description(description).tags(tags).register(registry), keys);
    }

    /** Counters with these tags. */
    static Meters<Counter> counters(MeterRegistry registry, String name, String description, String... keys) {
        return new Meters<>(
                tags -> Counter.builder(name)
                        .description(description)
                        .tags(tags)
                        .register(registry),
                keys);
    }

    /** Summaries of octets with these tags. */
    static Meters<DistributionSummary> sizes(MeterRegistry registry, String name, String description, String... keys) {
        return new Meters<>(
                tags -> DistributionSummary.builder(name)
                        .description(description)
                        .baseUnit("bytes")
                        .tags(tags)
                        .register(registry),
                keys);
    }

    /** The one with these values of the tags, in the order of their keys. */
    M with(String... values) {
        List<String> key = List.of(values);
        M meter = known.get(key);
        return meter != null ? meter : known.computeIfAbsent(key, this::make);
    }

    private M make(List<String> values) {
        Tags tags = Tags.empty();
        for (int i = 0; i < keys.size(); i++) {
            tags = tags.and(keys.get(i), values.get(i));
        }
        return maker.make(tags);
    }
}
