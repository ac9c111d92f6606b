package io.github.smtpproxy.internal.relay;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The header section as it arrived, and what of the body came with it. */
final class HeaderSection implements ClientData.Sink {

    private final int max;
    private byte[] arrived = new byte[1024];
    private int size;
    private int end = -1;
    private boolean separated;
    private byte[] rest = new byte[0];

    HeaderSection(int max) {
        this.max = max;
    }

    boolean complete() {
        return end >= 0;
    }

    boolean tooBig() {
        return (complete() ? end : size) > max;
    }

    byte[] rest() {
        return rest;
    }

    @Override
    public void content(byte[] bytes, int from, int to) {
        int searchFrom = Math.max(0, size - 3);
        append(bytes, from, to);
        if (size >= 2 && isCrlf(0)) {
            split(0, 2);
            return;
        }
        for (int i = searchFrom; i + 3 < size; i++) {
            if (isCrlf(i) && isCrlf(i + 2)) {
                split(i + 2, i + 4);
                return;
            }
        }
    }

    private void append(byte[] bytes, int from, int to) {
        int needed = size + to - from;
        if (needed > arrived.length) {
            arrived = Arrays.copyOf(arrived, Math.max(arrived.length * 2, needed));
        }
        System.arraycopy(bytes, from, arrived, size, to - from);
        size = needed;
    }

    private boolean isCrlf(int at) {
        return arrived[at] == '\r' && arrived[at + 1] == '\n';
    }

    @Override
    public void last(byte[] bytes, int from, int to) {
        content(bytes, from, to - ClientData.END.length);
        if (!complete()) {
            end = size;
        }
    }

    private void split(int headerEnd, int bodyStart) {
        end = headerEnd;
        separated = true;
        rest = Arrays.copyOfRange(arrived, bodyStart, size);
    }

    /** The header section as it arrived, without the empty line behind it. */
    byte[] octets() {
        return Arrays.copyOf(arrived, complete() ? end : size);
    }

    /**
     * Fields, and the empty line if the client sent one.
     *
     * @param ended there must be one: a body comes that is not the client's
     */
    byte[] with(byte[] fields, boolean ended) {
        boolean open = ended && fields.length > 0 && fields[fields.length - 1] != '\n';
        String end = (open ? "\r\n" : "") + (ended || separated ? "\r\n" : "");
        byte[] all = Arrays.copyOf(fields, fields.length + end.length());
        System.arraycopy(end.getBytes(StandardCharsets.US_ASCII), 0, all, fields.length, end.length());
        return all;
    }
}
