package io.github.smtpproxy.examples;

import io.github.smtpproxy.config.Transcript;
import java.io.PrintStream;

/**
 * Prints both conversations side by side: the client's lane left, the destination's lane right. An arrow to the right
 * goes towards the destination, one to the left towards the client. One row for each line, in the order of time.
 */
final class TwoLanes implements Transcript {

    private static final int WIDTH = 44;

    private final PrintStream out;
    private final boolean named;

    private TwoLanes(PrintStream out, boolean named) {
        this.out = out;
        this.named = named;
    }

    /** For a program with one session. */
    static TwoLanes of(PrintStream out) {
        return new TwoLanes(out, false);
    }

    /** For many sessions: each row begins with the session's name. */
    static TwoLanes named(PrintStream out) {
        return new TwoLanes(out, true);
    }

    @Override
    public void line(String session, Lane lane, boolean fromProxy, String line) {
        boolean towardsDestination = (lane == Lane.CLIENT) != fromProxy;
        String indent = lane == Lane.CLIENT ? "" : " ".repeat(WIDTH);
        out.println((named ? session + " " : "") + indent + (towardsDestination ? "-> " : "<- ") + line);
    }

    /** The row above the two lanes. */
    void heading(String left, String right) {
        out.println(left + " ".repeat(Math.max(1, WIDTH - left.length())) + right);
    }
}
