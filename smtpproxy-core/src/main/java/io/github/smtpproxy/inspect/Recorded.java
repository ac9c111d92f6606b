package io.github.smtpproxy.inspect;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** What is kept of one session: the lines of both conversations, and what was decided. Bounded. Any thread. */
final class Recorded {

    private static final int MOST_ROWS = 300;
    private static final int MOST_TEXT = 500;

    /** What a row takes beside its text, in octets. */
    private static final int ROW_OCTETS = 100;

    /** Where a row stands on the page. */
    enum Kind {
        /** With the client. */
        CLIENT,
        /** With the destination. */
        DESTINATION,
        /** What a filter, throttle or the proxy decided; nobody's words. */
        NOTE,
        /** The same, and the client was refused. */
        REFUSED
    }

    private record Row(long at, Kind kind, boolean towardsDestination, String text) {}

    private final long number;
    private final String id;
    private final long began = System.currentTimeMillis();
    private final List<Row> rows = new ArrayList<>();
    private String client = "";
    private String last = "";
    private int refusals;
    private int messages;
    private boolean ended;

    private final AtomicLong changes;
    private final Held held;
    private long changed;
    private long octets;
    private boolean full;
    private boolean forgotten;

    /**
     * @param changes grows with each change
     * @param held what all of them hold together
     */
    Recorded(long number, String id, AtomicLong changes, Held held) {
        this.number = number;
        this.id = id;
        this.changes = changes;
        this.held = held;
        this.changed = changes.incrementAndGet();
    }

    /** The last of the changes that were its own. */
    synchronized long changed() {
        return changed;
    }

    String id() {
        return id;
    }

    long number() {
        return number;
    }

    synchronized void from(String address) {
        client = address;
    }

    synchronized void line(Kind lane, boolean towardsDestination, String text) {
        add(lane, towardsDestination, text);
        if (lane == Kind.CLIENT) {
            last = cut(text, 80);
        }
    }

    synchronized void note(String text) {
        add(Kind.NOTE, false, text);
    }

    synchronized void refused(String text) {
        refusals++;
        add(Kind.REFUSED, false, text);
    }

    synchronized void delivered() {
        messages++;
        changed = changes.incrementAndGet();
    }

    synchronized void end() {
        ended = true;
        changed = changes.incrementAndGet();
    }

    /** Of a long session the last rows are not kept, nor where all sessions together hold too much. */
    private void add(Kind kind, boolean towardsDestination, String text) {
        changed = changes.incrementAndGet();
        String kept = cut(text, MOST_TEXT);
        if (forgotten || full) {
            return;
        }
        full = rows.size() == MOST_ROWS || !held.take(kept.length() + ROW_OCTETS);
        if (full) {
            rows.add(new Row(now(), Kind.NOTE, false, "what follows is not kept"));
        } else {
            octets += kept.length() + ROW_OCTETS;
            rows.add(new Row(now(), kind, towardsDestination, kept));
        }
    }

    private long now() {
        return System.currentTimeMillis() - began;
    }

    /** It is not shown any more. */
    synchronized void forget() {
        forgotten = true;
        held.giveBack(octets);
        octets = 0;
    }

    private static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "...";
    }

    /** One line of the list. */
    synchronized Map<String, Object> summary() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("n", number);
        values.put("id", id);
        values.put("began", began);
        values.put("client", client);
        values.put("last", last);
        values.put("refused", refusals);
        values.put("messages", messages);
        values.put("ended", ended);
        return values;
    }

    /** The summary, and the rows behind those that are known. */
    synchronized Map<String, Object> details(int known) {
        Map<String, Object> values = summary();
        values.put("from", Math.min(known, rows.size()));
        values.put(
                "rows",
                rows.stream()
                        .skip(known)
                        .map(row -> List.of(
                                row.at, row.kind.name().charAt(0) + "", row.towardsDestination ? 1 : 0, row.text))
                        .toList());
        return values;
    }
}
