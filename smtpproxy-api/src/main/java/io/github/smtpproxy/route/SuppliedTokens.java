package io.github.smtpproxy.route;

import java.util.Objects;
import java.util.function.Supplier;

/** Tokens of a plain supplier: equal if that is. */
record SuppliedTokens(Supplier<String> tokens) implements TokenSource {

    SuppliedTokens {
        Objects.requireNonNull(tokens, "tokens");
    }

    @Override
    public String token() {
        return tokens.get();
    }
}
