package io.github.smtpproxy.junit;

import io.github.smtpproxy.config.Transcript.Lane;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The lines of a test, the client's lane left, the server's lane right. Not thread-safe. */
final class Rows {

    private static final int MOST = 5_000;
    private static final int WIDTH = 48;

    private record Row(String session, String text) {}

    private final List<Row> rows = new ArrayList<>();
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
        if (rows.size() < MOST) {
            rows.add(new Row(session, text));
        } else {
            leftOut++;
        }
    }

    void clear() {
        rows.clear();
        leftOut = 0;
    }

    String text() {
        return text(row -> true) + (leftOut == 0 ? "" : "... and " + leftOut + " lines more\n");
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
