package io.github.smtpproxy.json;

import io.github.smtpproxy.config.OptionalLibrary;

/** The library that reads JSON. A class of its own, so that it can be missed without being loaded. */
public final class JsonLibrary {

    private JsonLibrary() {}

    /**
     * Checks that it is there.
     *
     * @param what needs it
     * @throws IllegalStateException if it is missing
     */
    public static void require(String what) {
        OptionalLibrary.require(
                "com.fasterxml.jackson.core.JsonFactory", "com.fasterxml.jackson.core:jackson-core", what);
    }
}
