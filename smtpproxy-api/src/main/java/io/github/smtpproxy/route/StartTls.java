package io.github.smtpproxy.route;

/** How much STARTTLS (RFC 3207) with a destination has to achieve. */
public enum StartTls {
    /** TLS where the destination offers it, with any certificate, else plaintext (RFC 7435). */
    OPPORTUNISTIC,
    /** TLS or no mail, with any certificate. */
    REQUIRED,
    /** TLS or no mail, with a certificate that is trusted and names the host (RFC 6125). */
    VERIFIED
}
