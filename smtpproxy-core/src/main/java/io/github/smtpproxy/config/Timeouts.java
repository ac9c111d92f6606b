package io.github.smtpproxy.config;

import java.time.Duration;
import java.util.Objects;

/**
 * How long each wait may take; kept to about a quarter of a second. The defaults are those of RFC 5321 §4.5.3.2.
 *
 * @param connect to reach a destination; 30 seconds
 * @param greeting for its greeting; 5 minutes
 * @param command for its answer to a command; 5 minutes
 * @param dataCommand for its answer to DATA; 2 minutes
 * @param dataBlock for a block of a message to pass, in either direction: at least 1,024 octets; 3 minutes
 * @param finalDot for its answer to the end of data; 10 minutes
 * @param clientCommand for the client's next whole command line; 5 minutes
 * @param tlsHandshake for a whole TLS handshake with a client or a destination; 30 seconds. A shorter {@code clientCommand}
 *     or {@code greeting} bounds it too
 * @param proxyHeader for the whole PROXY header of a peer that sends one; 10 seconds
 */
public record Timeouts(
        Duration connect,
        Duration greeting,
        Duration command,
        Duration dataCommand,
        Duration dataBlock,
        Duration finalDot,
        Duration clientCommand,
        Duration tlsHandshake,
        Duration proxyHeader) {

    private static final Duration MAX = Duration.ofDays(1);

    /** Checks that each is above zero and at most a day. */
    public Timeouts {
        check("connect", connect);
        check("greeting", greeting);
        check("command", command);
        check("dataCommand", dataCommand);
        check("dataBlock", dataBlock);
        check("finalDot", finalDot);
        check("clientCommand", clientCommand);
        check("tlsHandshake", tlsHandshake);
        check("proxyHeader", proxyHeader);
    }

    /** The defaults. */
    public static Timeouts defaults() {
        return new Timeouts(
                Duration.ofSeconds(30),
                Duration.ofMinutes(5),
                Duration.ofMinutes(5),
                Duration.ofMinutes(2),
                Duration.ofMinutes(3),
                Duration.ofMinutes(10),
                Duration.ofMinutes(5),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10));
    }

    /** These with another {@code connect}. */
    public Timeouts connect(Duration value) {
        return new Timeouts(
                value, greeting, command, dataCommand, dataBlock, finalDot, clientCommand, tlsHandshake, proxyHeader);
    }

    /** These with another {@code greeting}. */
    public Timeouts greeting(Duration value) {
        return new Timeouts(
                connect, value, command, dataCommand, dataBlock, finalDot, clientCommand, tlsHandshake, proxyHeader);
    }

    /** These with another {@code command}. */
    public Timeouts command(Duration value) {
        return new Timeouts(
                connect, greeting, value, dataCommand, dataBlock, finalDot, clientCommand, tlsHandshake, proxyHeader);
    }

    /** These with another {@code dataCommand}. */
    public Timeouts dataCommand(Duration value) {
        return new Timeouts(
                connect, greeting, command, value, dataBlock, finalDot, clientCommand, tlsHandshake, proxyHeader);
    }

    /** These with another {@code dataBlock}. */
    public Timeouts dataBlock(Duration value) {
        return new Timeouts(
                connect, greeting, command, dataCommand, value, finalDot, clientCommand, tlsHandshake, proxyHeader);
    }

    /** These with another {@code finalDot}. */
    public Timeouts finalDot(Duration value) {
        return new Timeouts(
                connect, greeting, command, dataCommand, dataBlock, value, clientCommand, tlsHandshake, proxyHeader);
    }

    /** These with another {@code clientCommand}. */
    public Timeouts clientCommand(Duration value) {
        return new Timeouts(
                connect, greeting, command, dataCommand, dataBlock, finalDot, value, tlsHandshake, proxyHeader);
    }

    /** These with another {@code tlsHandshake}. */
    public Timeouts tlsHandshake(Duration value) {
        return new Timeouts(
                connect, greeting, command, dataCommand, dataBlock, finalDot, clientCommand, value, proxyHeader);
    }

    /** These with another {@code proxyHeader}. */
    public Timeouts proxyHeader(Duration value) {
        return new Timeouts(
                connect, greeting, command, dataCommand, dataBlock, finalDot, clientCommand, tlsHandshake, value);
    }

    private static void check(String name, Duration value) {
        Objects.requireNonNull(value, name);
        if (value.isZero() || value.isNegative() || value.compareTo(MAX) > 0) {
            throw new IllegalArgumentException("timeout " + name + " is above zero and at most 1 day, not " + value);
        }
    }
}
