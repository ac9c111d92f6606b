package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.protocol.Extensions;
import java.util.Set;

/**
 * Which of a destination's extensions the client is offered: all whose parameters a plain relay can carry, and so those
 * that nobody here knows. The others need more than that, each for its reason.
 */
final class CarriedExtensions {

    private static final Set<String> HIDDEN = Set.of(
            "STARTTLS",
            "REQUIRETLS", // TLS ends at the proxy
            "AUTH",
            "AUTH=",
            "X-EXPS",
            "X-EXPS=", // challenges go back and forth
            "CHUNKING",
            "BINARYMIME",
            "BURL", // content that is not DATA's
            "PRDR", // more than one reply to the end of data
            "ETRN",
            "ATRN",
            "TURN",
            "XCLIENT",
            "XFORWARD",
            "XEXCH50",
            "X-LINK2STATE"); // about the peer, not the mail

    private CarriedExtensions() {}

    static Extensions of(Extensions offered) {
        return offered.keep(keyword -> !HIDDEN.contains(keyword));
    }
}
