package io.github.smtpproxy.testing;

import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.StartTls;
import javax.net.ssl.SSLContext;

/** Every way of TLS with a destination. */
public enum TlsPolicy {
    NONE,
    OPPORTUNISTIC,
    REQUIRED,
    VERIFIED,
    IMPLICIT;

    /** The destination with this policy. */
    public Destination to(Destination plain) {
        return switch (this) {
            case NONE -> plain.plaintext();
            case IMPLICIT -> plain.implicitTls();
            default -> plain.startTls(StartTls.valueOf(name()));
        };
    }

    /** The destination with this policy, which trusts these certificates where it verifies any. */
    public Destination to(Destination plain, SSLContext trust) {
        Destination secured = to(plain);
        return secured.verifies() ? secured.trust(trust) : secured;
    }
}
