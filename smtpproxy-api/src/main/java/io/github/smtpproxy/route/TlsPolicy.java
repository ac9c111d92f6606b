package io.github.smtpproxy.route;

/** Whether a conversation is encrypted, and how much is asked of the other side for it. */
public enum TlsPolicy {
    /** In plaintext, whatever is offered. */
    NONE,
    /** STARTTLS where it can be had, with any certificate, else in plaintext (RFC 7435). */
    OPPORTUNISTIC,
    /** STARTTLS or no mail, with any certificate. */
    REQUIRED,
    /** STARTTLS or no mail, with a certificate that is trusted and names the host (RFC 6125). */
    VERIFIED,
    /** TLS from the first octet, with a certificate that is trusted and names the host (RFC 8314). */
    IMPLICIT;

    /** Whether a conversation in plaintext is refused. */
    public boolean demandsTls() {
        return this == REQUIRED || this == VERIFIED || this == IMPLICIT;
    }

    /** Whether the certificate must be trusted and name the host. */
    public boolean verifies() {
        return this == VERIFIED || this == IMPLICIT;
    }
}
