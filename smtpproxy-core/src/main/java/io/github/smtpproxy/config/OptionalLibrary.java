package io.github.smtpproxy.config;

import java.util.Objects;

/** A library that only some settings need. */
public final class OptionalLibrary {

    private OptionalLibrary() {}

    /**
     * Checks that it is there, so that it is not missed in a session.
     *
     * @param type the name of one of its classes
     * @param artifact what to add, as {@code group:artifact}
     * @param what needs it
     * @throws IllegalStateException if it is missing
     */
    public static void require(String type, String artifact, String what) {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(artifact, "artifact");
        Objects.requireNonNull(what, "what");
        try {
            Class.forName(type, false, OptionalLibrary.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError missing) {
            throw new IllegalStateException(
                    what + " needs " + artifact + " on the class path: add it as a dependency", missing);
        }
    }
}
