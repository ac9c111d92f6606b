package io.github.smtpproxy.internal.sasl;

/** A response that violates its mechanism. The message contains no octet of the response. */
final class MalformedResponseException extends RuntimeException {

    private static final long serialVersionUID = 1;

    MalformedResponseException(String what) {
        super(what, null, false, false);
    }
}
