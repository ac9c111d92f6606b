package io.github.smtpproxy.dns;

import java.util.Locale;
import java.util.Objects;

/** A name, in lower case and without a dot at its end, and what is asked about it. */
record DnsQuestion(String name, Type type) {

    enum Type {
        A,
        AAAA,
        MX,
        PTR,
        TXT
    }

    DnsQuestion {
        Objects.requireNonNull(name, "name");
        String lower = name.toLowerCase(Locale.ROOT);
        name = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
