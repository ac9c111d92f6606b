package io.github.smtpproxy.model;

/** What a destination does where it should answer with 2xx. */
enum Whim {
    ANSWER,
    REFUSE,
    DEFER,
    /** 421, and it closes. */
    SHUT,
    CLOSE,
    RESET,
    /** It closes in the middle of its answer. */
    CUT,
    /** A line that is no reply. */
    GARBAGE,
    /** The answer, and behind it a 250 that nobody asked for. */
    UNASKED_CONSENT,
    /** The answer, and behind it a refusal that nobody asked for. */
    UNASKED_REFUSAL;

    /** Whether whoever waits for the answer can know it. */
    boolean isClear() {
        return this == ANSWER || this == UNASKED_CONSENT || this == UNASKED_REFUSAL;
    }

    boolean isRefusal() {
        return this == REFUSE || this == DEFER || this == SHUT;
    }

    boolean isUnasked() {
        return this == UNASKED_CONSENT || this == UNASKED_REFUSAL;
    }
}
