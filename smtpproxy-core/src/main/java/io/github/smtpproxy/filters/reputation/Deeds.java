package io.github.smtpproxy.filters.reputation;

/**
 * What deeds weigh in a reputation. Immutable.
 *
 * @param goodMessage a message that the destination accepted
 * @param refused a recipient or a message that a filter refused, or a message that the destination refused, for good
 * @param unknownRecipient a recipient that the destination refused for good
 * @param failedLogin a login that failed
 */
public record Deeds(double goodMessage, double refused, double unknownRecipient, double failedLogin) {

    private static final double MOST = 100;

    /** Checks that good deeds weigh 0 to 100, and others −100 to 0. */
    public Deeds {
        require("goodMessage", goodMessage, 0, MOST);
        require("refused", refused, -MOST, 0);
        require("unknownRecipient", unknownRecipient, -MOST, 0);
        require("failedLogin", failedLogin, -MOST, 0);
    }

    /** 2, −8, −2 and −4. */
    public static Deeds defaults() {
        return new Deeds(2, -8, -2, -4);
    }

    private static void require(String name, double value, double from, double to) {
        if (!(value >= from && value <= to)) {
            throw new IllegalArgumentException(name + " must be between " + from + " and " + to + ", was " + value);
        }
    }
}
