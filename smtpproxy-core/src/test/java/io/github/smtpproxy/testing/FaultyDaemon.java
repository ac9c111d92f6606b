package io.github.smtpproxy.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A server on TCP that goes wrong in one way. */
public final class FaultyDaemon implements AutoCloseable {

    /** The ways. */
    public enum Fault {
        /** Nobody listens. */
        DOWN,
        /** Each connection is reset at once. */
        REFUSES,
        /** It reads and never answers. */
        SILENT,
        /** It answers an octet at a time, and never ends. */
        SLOW,
        /** It sends a part of its answer and closes. */
        CLOSES_IN_THE_MIDDLE,
        /** It sends what is no answer at all, and closes. */
        GARBAGE,
        /** It sends without end. */
        ENDLESS,
        /** It sends this one answer as soon as it is connected to, and closes. */
        ANSWERS_EARLY
    }

    private static final int SLOW_MILLIS = 20;

    private final Fault fault;
    private final String answer;
    private final LoopbackServer server;
    private final CountDownLatch end = new CountDownLatch(1);

    private FaultyDaemon(Fault fault, String answer) {
        this.fault = fault;
        this.answer = answer;
        this.server = LoopbackServer.start(this::serve);
    }

    /** @param answer of which a part is sent, or all of it */
    public static FaultyDaemon start(Fault fault, String answer) {
        FaultyDaemon daemon = new FaultyDaemon(fault, answer);
        if (fault == Fault.DOWN) {
            daemon.server.close();
        }
        return daemon;
    }

    public InetSocketAddress address() {
        return server.address();
    }

    /** Whether all connections that it got are over. */
    public boolean isDone() {
        return server.connections().stream().allMatch(Socket::isClosed);
    }

    private void serve(Socket connection) throws IOException {
        if (fault == Fault.REFUSES) {
            connection.setSoLinger(true, 0);
            return;
        }
        LoopbackServer.thread(() -> swallow(connection));
        try {
            send(connection.getOutputStream());
            if (fault == Fault.SILENT) {
                end.await();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void send(OutputStream out) throws IOException, InterruptedException {
        byte[] octets = answer.getBytes(StandardCharsets.ISO_8859_1);
        switch (fault) {
            case CLOSES_IN_THE_MIDDLE -> out.write(octets, 0, octets.length / 2);
            case ANSWERS_EARLY -> out.write(octets);
            case GARBAGE -> out.write(garbage());
            case SLOW -> drip(out);
            case ENDLESS -> {
                while (end.getCount() > 0) {
                    out.write("x".repeat(10_000).getBytes(StandardCharsets.US_ASCII));
                }
            }
            default -> {}
        }
    }

    private void drip(OutputStream out) throws IOException, InterruptedException {
        while (!end.await(SLOW_MILLIS, TimeUnit.MILLISECONDS)) {
            out.write(' ');
        }
    }

    private static byte[] garbage() {
        byte[] octets = new byte[10_000];
        new Random(7).nextBytes(octets);
        return octets;
    }

    private void swallow(Socket connection) {
        try {
            connection.getInputStream().transferTo(OutputStream.nullOutputStream());
            if (fault != Fault.CLOSES_IN_THE_MIDDLE && fault != Fault.ANSWERS_EARLY && fault != Fault.GARBAGE) {
                awaitReset(connection);
            }
        } catch (IOException gone) {
            LoopbackServer.close(connection);
        }
    }

    /** A proxy that has shut its write half still waits; one that closed resets what is sent to it. */
    private void awaitReset(Socket connection) throws IOException {
        if (fault == Fault.SILENT) {
            try {
                while (!end.await(SLOW_MILLIS, TimeUnit.MILLISECONDS)) {
                    connection.sendUrgentData(0);
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        end.countDown();
        server.close();
    }
}
