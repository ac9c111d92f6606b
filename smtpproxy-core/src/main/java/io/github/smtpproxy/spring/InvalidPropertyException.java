package io.github.smtpproxy.spring;

import java.util.function.Supplier;

/** A property has a value that it must not have. */
final class InvalidPropertyException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final String property;
    private final String value;
    private final String allowed;

    private InvalidPropertyException(String property, String value, String allowed, Throwable cause) {
        super(property + " is " + value + ", but " + allowed, cause);
        this.property = property;
        this.value = value;
        this.allowed = allowed;
    }

    /**
     * @param value as it is shown
     * @param allowed what it must be instead
     */
    static InvalidPropertyException of(String property, Object value, String allowed) {
        return new InvalidPropertyException(property, value == null ? "not set" : value.toString(), allowed, null);
    }

    /** Builds something of a value; where that is refused, the refusal is about this property. */
    static <T> T checked(String property, Object value, Supplier<T> build) {
        try {
            return build.get();
        } catch (IllegalArgumentException e) {
            throw new InvalidPropertyException(property, String.valueOf(value), e.getMessage(), e);
        }
    }

    String property() {
        return property;
    }

    String value() {
        return value;
    }

    String allowed() {
        return allowed;
    }
}
