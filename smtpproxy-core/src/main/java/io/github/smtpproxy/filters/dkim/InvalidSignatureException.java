package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.filters.dkim.DkimResult.Code;

/** Why a signature does not verify. Its message is for people to read. */
final class InvalidSignatureException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Code code;

    InvalidSignatureException(Code code, String reason) {
        super(reason, null, false, false);
        this.code = code;
    }

    Code code() {
        return code;
    }
}
