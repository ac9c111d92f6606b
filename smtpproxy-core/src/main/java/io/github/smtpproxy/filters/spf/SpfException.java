package io.github.smtpproxy.filters.spf;

import io.github.smtpproxy.filters.spf.SpfResult.Code;

/** Ends the check with an error (RFC 7208 §2.6.6 and §2.6.7). Its message may have text of the record in it. */
final class SpfException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Code code;

    private SpfException(Code code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    static SpfException permanent(String message) {
        return new SpfException(Code.PERMERROR, message);
    }

    static SpfException temporary(String message) {
        return new SpfException(Code.TEMPERROR, message);
    }

    Code code() {
        return code;
    }
}
