package io.github.smtpproxy.config;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * How long each wait may take; kept to about a quarter of a second. Each is above zero and at most a day; the defaults are
 * those of RFC 5321 §4.5.3.2. Immutable: each setting makes other timeouts. Two are equal if all their values are.
 */
public final class Timeouts {

    private static final Duration MAX = Duration.ofDays(1);

    private enum Wait {
        CONNECT("connect", Duration.ofSeconds(30)),
        GREETING("greeting", Duration.ofMinutes(5)),
        COMMAND("command", Duration.ofMinutes(5)),
        DATA_COMMAND("dataCommand", Duration.ofMinutes(2)),
        DATA_BLOCK("dataBlock", Duration.ofMinutes(3)),
        FINAL_DOT("finalDot", Duration.ofMinutes(10)),
        CLIENT_COMMAND("clientCommand", Duration.ofMinutes(5)),
        TLS_HANDSHAKE("tlsHandshake", Duration.ofSeconds(30)),
        PROXY_HEADER("proxyHeader", Duration.ofSeconds(10)),
        FAILOVER("failover", Duration.ofMinutes(1)),
        ROUTING("routing", Duration.ofSeconds(30)),
        SESSION("session", MAX),
        TRANSACTION("transaction", MAX);

        private final String setting;
        private final Duration byDefault;

        Wait(String setting, Duration byDefault) {
            this.setting = setting;
            this.byDefault = byDefault;
        }
    }

    private static final Duration BEHIND = Duration.ofSeconds(30);
    private static final long FASTEST = 1_000_000_000;

    private final Map<Wait, Duration> values;
    private final OptionalLong minimumRate;

    private Timeouts(Map<Wait, Duration> values, OptionalLong minimumRate) {
        this.values = values;
        this.minimumRate = minimumRate;
    }

    /** The defaults. */
    public static Timeouts defaults() {
        Map<Wait, Duration> values = new EnumMap<>(Wait.class);
        for (Wait wait : Wait.values()) {
            values.put(wait, wait.byDefault);
        }
        return new Timeouts(values, OptionalLong.empty());
    }

    /** To reach a destination; 30 seconds. */
    public Duration connect() {
        return values.get(Wait.CONNECT);
    }

    /** For its greeting; 5 minutes. */
    public Duration greeting() {
        return values.get(Wait.GREETING);
    }

    /** For its reply to a command; 5 minutes. */
    public Duration command() {
        return values.get(Wait.COMMAND);
    }

    /** For its reply to DATA; 2 minutes. */
    public Duration dataCommand() {
        return values.get(Wait.DATA_COMMAND);
    }

    /** For a block of a message to pass, in either direction: at least 1,024 octets; 3 minutes. */
    public Duration dataBlock() {
        return values.get(Wait.DATA_BLOCK);
    }

    /** For its reply to the end of data; 10 minutes. */
    public Duration finalDot() {
        return values.get(Wait.FINAL_DOT);
    }

    /** For the client's next whole command line; 5 minutes. */
    public Duration clientCommand() {
        return values.get(Wait.CLIENT_COMMAND);
    }

    /**
     * For a whole TLS handshake with a client or a destination; 30 seconds. A shorter {@link #clientCommand} or
     * {@link #greeting} bounds it too.
     */
    public Duration tlsHandshake() {
        return values.get(Wait.TLS_HANDSHAKE);
    }

    /** For the whole PROXY header of a peer that sends one; 10 seconds. */
    public Duration proxyHeader() {
        return values.get(Wait.PROXY_HEADER);
    }

    /** After it, no further server of a group is tried for a connection; 1 minute. */
    public Duration failover() {
        return values.get(Wait.FAILOVER);
    }

    /** For the router to decide; 30 seconds. One that never waits has no limit. */
    public Duration routing() {
        return values.get(Wait.ROUTING);
    }

    /**
     * For a whole session; 1 day. One that lasts longer ends with {@code 421 4.4.2}, in the middle of a message too, which is
     * not delivered then.
     */
    public Duration session() {
        return values.get(Wait.SESSION);
    }

    /** For a whole transaction, from MAIL to the end of the message; 1 day. It ends as {@link #session} does. */
    public Duration transaction() {
        return values.get(Wait.TRANSACTION);
    }

    /**
     * Octets a second that a client must send at least while it sends a message; empty if only {@link #dataBlock} counts. A
     * client may fall behind by 30 seconds, or {@link #dataBlock} if that is shorter; then the session ends with
     * {@code 421 4.4.2}. The rest of a command line must come in that time, too. A message in chunks keeps the rate as a whole:
     * the time from the reply to a chunk to the next BDAT counts. What throttles and the destination take does not.
     */
    public OptionalLong minimumRate() {
        return minimumRate;
    }

    /** How far a client may fall behind the {@link #minimumRate}. */
    public Duration mayBeBehind() {
        return dataBlock().compareTo(BEHIND) < 0 ? dataBlock() : BEHIND;
    }

    /** These with another {@link #connect()}. */
    public Timeouts connect(Duration value) {
        return with(Wait.CONNECT, value);
    }

    /** These with another {@link #greeting()}. */
    public Timeouts greeting(Duration value) {
        return with(Wait.GREETING, value);
    }

    /** These with another {@link #command()}. */
    public Timeouts command(Duration value) {
        return with(Wait.COMMAND, value);
    }

    /** These with another {@link #dataCommand()}. */
    public Timeouts dataCommand(Duration value) {
        return with(Wait.DATA_COMMAND, value);
    }

    /** These with another {@link #dataBlock()}. */
    public Timeouts dataBlock(Duration value) {
        return with(Wait.DATA_BLOCK, value);
    }

    /** These with another {@link #finalDot()}. */
    public Timeouts finalDot(Duration value) {
        return with(Wait.FINAL_DOT, value);
    }

    /** These with another {@link #clientCommand()}. */
    public Timeouts clientCommand(Duration value) {
        return with(Wait.CLIENT_COMMAND, value);
    }

    /** These with another {@link #tlsHandshake()}. */
    public Timeouts tlsHandshake(Duration value) {
        return with(Wait.TLS_HANDSHAKE, value);
    }

    /** These with another {@link #proxyHeader()}. */
    public Timeouts proxyHeader(Duration value) {
        return with(Wait.PROXY_HEADER, value);
    }

    /** These with another {@link #failover()}. */
    public Timeouts failover(Duration value) {
        return with(Wait.FAILOVER, value);
    }

    /** These with another {@link #routing()}. */
    public Timeouts routing(Duration value) {
        return with(Wait.ROUTING, value);
    }

    /** These with another {@link #session()}. */
    public Timeouts session(Duration value) {
        return with(Wait.SESSION, value);
    }

    /** These with another {@link #transaction()}. */
    public Timeouts transaction(Duration value) {
        return with(Wait.TRANSACTION, value);
    }

    /**
     * These with a {@link #minimumRate()}.
     *
     * @param octetsPerSecond 1 to 1,000,000,000; Postfix's smtpd_min_data_rate is 500
     */
    public Timeouts minimumRate(long octetsPerSecond) {
        if (octetsPerSecond < 1 || octetsPerSecond > FASTEST) {
            throw new IllegalArgumentException(
                    "minimumRate must be between 1 and " + FASTEST + " octets a second, was " + octetsPerSecond);
        }
        return new Timeouts(values, OptionalLong.of(octetsPerSecond));
    }

    private Timeouts with(Wait wait, Duration value) {
        Objects.requireNonNull(value, wait.setting);
        if (value.isZero() || value.isNegative() || value.compareTo(MAX) > 0) {
            throw new IllegalArgumentException(
                    "timeout " + wait.setting + " must be above zero and at most 1 day, was " + value);
        }
        Map<Wait, Duration> changed = new EnumMap<>(values);
        changed.put(wait, value);
        return new Timeouts(changed, minimumRate);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Timeouts that && values.equals(that.values) && minimumRate.equals(that.minimumRate);
    }

    @Override
    public int hashCode() {
        return Objects.hash(values, minimumRate);
    }

    @Override
    public String toString() {
        return values + (minimumRate.isPresent() ? ", minimumRate=" + minimumRate.getAsLong() : "");
    }
}
