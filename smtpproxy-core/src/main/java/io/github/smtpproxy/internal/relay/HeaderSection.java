package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.wire.DotStuffing;
import io.github.smtpproxy.message.Headers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/** The header section as it came over the wire, and what of the body came with it. */
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

    byte[] unstuffed() {
        byte[] raw = Arrays.copyOf(arrived.toByteArray(), end);
        try (InputStream in = new DotStuffing.Unstuffer(new ByteArrayInputStream(raw))) {
            return in.readAllBytes();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** The fields as the filters left them, and the empty line that the client sent. */
    void writeTo(Downstream downstream, Headers headers) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DotStuffing.Stuffer stuffer = new DotStuffing.Stuffer(out);
        stuffer.write(headers.toBytes());
        stuffer.finish();
        if (separated) {
            out.write('\r');
            out.write('\n');
        }
        downstream.write(out.toByteArray(), 0, out.size());
    }
}
