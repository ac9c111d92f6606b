package io.github.smtpproxy.internal.relay;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** The header section as it arrived, and what of the body came with it. */
final class HeaderSection implements ClientData.Sink {
    private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    private final int max;
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
        return (complete() ? end : arrived.size()) > max;
    }

    byte[] rest() {
        return rest;
    }

    @Override
    public void content(byte[] bytes, int from, int to) {
        int searchFrom = Math.max(0, arrived.size() - 3);
        arrived.write(bytes, from, to - from);
        byte[] all = arrived.toByteArray();
        if (all.length >= 2 && all[0] == '\r' && all[1] == '\n') {
            split(all, 0, 2);
            return;
        }
        for (int i = searchFrom; i + 3 < all.length; i++) {
            if (all[i] == '\r' && all[i + 1] == '\n' && all[i + 2] == '\r' && all[i + 3] == '\n') {
                split(all, i + 2, i + 4);
                return;
            }
        }
    }

    @Override
    public void last(byte[] bytes, int from, int to) {
        content(bytes, from, to - ClientData.END.length);
        if (!complete()) {
            end = arrived.size();
        }
    }

    private void split(byte[] all, int headerEnd, int bodyStart) {
        end = headerEnd;
        separated = true;
        rest = Arrays.copyOfRange(all, bodyStart, all.length);
    }

    /** The header section as it arrived, without the empty line behind it. */
    byte[] octets() {
        return Arrays.copyOf(arrived.toByteArray(), complete() ? end : arrived.size());
    }

    /** Fields, and the empty line if the client sent one. */
    byte[] with(byte[] fields) {
        byte[] all = Arrays.copyOf(fields, fields.length + (separated ? 2 : 0));
        if (separated) {
            all[fields.length] = '\r';
            all[fields.length + 1] = '\n';
        }
        return all;
    }
}
