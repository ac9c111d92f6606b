package io.github.smtpproxy.internal.sasl;

/** A response that is none of its mechanism. Its message is ours alone: no octet of the response. */
final class MalformedResponseException extends RuntimeException {

    private static final long serialVersionUID = 1;

    MalformedResponseException(String what) {
        super(what, null, false, false);
    }
}
