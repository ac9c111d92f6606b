package io.github.smtpproxy.config;

import io.github.smtpproxy.tls.CertificateAuthority;
import io.github.smtpproxy.tls.HeldCertificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/**
 * An endpoint whose clients take it for the destination: the destination's greeting, its EHLO, its replies and its timing
 * are the client's, and what becomes of STARTTLS is decided here. The router must decide when the client connects. Immutable;
 * any thread.
 */
public final class Unseen {

    /** What becomes of the destination's STARTTLS. */
    public enum StartTls {
        /** It is the client's, and what follows passes as octets that nobody here can read: filters see nothing of it. */
        PASSED,
        /** The client is not offered it. */
        HIDDEN,
        /** The proxy ends TLS with the client, and begins it with the destination: filters see everything. */
        REORIGINATED
    }

    private final StartTls startTls;
    private final Function<List<X509Certificate>, SSLContext> certificates;
    private final boolean answerUnreachable;

    private Unseen(
            StartTls startTls, Function<List<X509Certificate>, SSLContext> certificates, boolean answerUnreachable) {
        this.startTls = startTls;
        this.certificates = certificates;
        this.answerUnreachable = answerUnreachable;
    }

    private Unseen(StartTls startTls) {
        this(
                startTls,
                any -> {
                    throw new IllegalStateException("TLS does not end here");
                },
                false);
    }

    /** STARTTLS is passed on, and so is all that follows, unread. */
    public static Unseen passStartTls() {
        return new Unseen(StartTls.PASSED);
    }

    /** STARTTLS is not offered; clients whose policy wants TLS (MTA-STS, DANE) do not deliver then. */
    public static Unseen hideStartTls() {
        return new Unseen(StartTls.HIDDEN);
    }

    /**
     * STARTTLS ends here, for hosts whose certificate the proxy holds. A destination must prove to be one of them, as {@link
     * HeldCertificate} says; else the connection of the client ends in place of TLS.
     */
    public static Unseen reoriginateTls(HeldCertificate held) {
        Objects.requireNonNull(held, "reoriginateTls");
        return new Unseen(StartTls.REORIGINATED, held::contextLike, false);
    }

    /** STARTTLS ends here, with a certificate for each host that an authority issues, which the clients must trust. */
    public static Unseen reoriginateTls(CertificateAuthority authority) {
        Objects.requireNonNull(authority, "reoriginateTls");
        return new Unseen(StartTls.REORIGINATED, authority::contextLike, false);
    }

    /** What becomes of STARTTLS. */
    public StartTls startTls() {
        return startTls;
    }

    /**
     * The certificate that a client gets in place of the destination's.
     *
     * @param shown the destination's chain, its own certificate first
     * @throws IllegalArgumentException if the chain is empty
     * @throws IllegalStateException if TLS does not end here, or not in the place of a destination with that chain
     */
    public SSLContext context(List<X509Certificate> shown) {
        Objects.requireNonNull(shown, "shown");
        return certificates.apply(List.copyOf(shown));
    }

    /** Whether a client whose destination cannot be reached gets {@code 421 4.4.1}; false: its connection is reset. */
    public boolean answerUnreachable() {
        return answerUnreachable;
    }

    /**
     * This with another {@link #answerUnreachable()}. The client's connection is accepted before the destination's is tried, so
     * a refusal cannot look quite as without the proxy: a reset comes nearest to it, and a reply is better to diagnose.
     */
    public Unseen answerUnreachable(boolean value) {
        return new Unseen(startTls, certificates, value);
    }

    @Override
    public String toString() {
        return "unseen, STARTTLS " + startTls;
    }
}
