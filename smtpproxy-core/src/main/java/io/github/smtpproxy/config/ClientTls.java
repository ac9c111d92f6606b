package io.github.smtpproxy.config;

import java.util.Objects;
import javax.net.ssl.SSLContext;

/** TLS between clients and an endpoint, see {@link Endpoint#tls}. Immutable. */
public final class ClientTls {

    /** How it starts. */
    public enum Start {
        /** By STARTTLS, if the client likes. */
        STARTTLS_OFFERED,
        /** By STARTTLS, without which there is no mail. */
        STARTTLS_REQUIRED,
        /** With the first octet. */
        IMPLICIT
    }

    private final Start start;
    private final SSLContext context;
    private final boolean clientCertificates;

    ClientTls(Start start, SSLContext context, boolean clientCertificates) {
        this.start = start;
        this.context = Objects.requireNonNull(context, "context");
        this.clientCertificates = clientCertificates;
    }

    /** How it starts. */
    public Start start() {
        return start;
    }

    /** Whether TLS starts with the first octet. */
    public boolean isImplicit() {
        return start == Start.IMPLICIT;
    }

    /** Whether no mail is taken in plaintext. */
    public boolean isRequired() {
        return start != Start.STARTTLS_OFFERED;
    }

    /** Our certificate and key. */
    public SSLContext context() {
        return context;
    }

    /** Whether clients are asked for a certificate, which they need not have. */
    public boolean clientCertificates() {
        return clientCertificates;
    }
}
