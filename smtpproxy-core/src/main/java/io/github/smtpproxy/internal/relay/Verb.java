package io.github.smtpproxy.internal.relay;

/**
 * A verb, its command, and when the client may send it.
 *
 * @param beforeHello before EHLO (RFC 5321 §4.1.4)
 * @param beforeTls before STARTTLS where the endpoint requires TLS (RFC 3207 §4)
 * @param beforeLogin before AUTH where the endpoint has users (RFC 4954 §6)
 * @param endsGroup last in a pipelined group (RFC 2920 §3.1): its reply is written at once
 * @param carried whether the proxy relays it at all
 */
public record Verb(
        String name,
        Command command,
        boolean beforeHello,
        boolean beforeTls,
        boolean beforeLogin,
        boolean endsGroup,
        boolean carried) {}
