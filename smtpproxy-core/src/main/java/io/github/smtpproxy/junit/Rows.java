package io.github.smtpproxy.junit;

import io.github.smtpproxy.config.Transcript.Lane;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Predicate;

/** The lines of a test, the client's lane left, the server's lane right. Not thread-safe. */
final class Rows {

    private static final int MOST = 5_000;
    private static final int WIDTH = 48;

    private record Row(String session, String text) {}

    private final Deque<Row> rows = new ArrayDeque<>();
    private long leftOut;

    void line(String session, Lane lane, boolean fromProxy, String line) {
        boolean towardsServer = (lane == Lane.CLIENT) != fromProxy;
        String indent = lane == Lane.CLIENT ? "" : " ".repeat(WIDTH);
        add(session, indent + (towardsServer ? "-> " : "<- ") + line);
    }

    void fault(String session, Object fault) {
        add(session, "!! " + fault);
    }

    private void add(String session, String text) {
        rows.add(new Row(session, text));
        if (rows.size() > MOST) {
            // a test that fails does so at its end
            rows.remove();
            leftOut++;
        }
    }

    void clear() {
        rows.clear();
        leftOut = 0;
    }

    String text() {
        return (leftOut == 0 ? "" : leftOut + " lines more, and then\n") + text(row -> true);
    }

    String text(String session) {
        return text(row -> row.session.equals(session));
    }

    private String text(Predicate<Row> which) {
        StringBuilder text = new StringBuilder();
        rows.stream()
                .filter(which)
                .forEach(row ->
                        text.append(row.session).append("  ").append(row.text).append('\n'));
        return text.toString();
    }
}
