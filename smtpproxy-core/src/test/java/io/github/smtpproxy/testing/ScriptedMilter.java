package io.github.smtpproxy.testing;

import io.github.smtpproxy.service.ServiceAddress;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * A milter, version 6, that lets everything pass unless a script says otherwise. Events are written as {@code R<b@dest.test>|}:
 * the command, then its data with {@code |} for each NUL.
 */
public final class ScriptedMilter implements AutoCloseable {

    /** All actions, and no steps left out. */
    public static final int ALL_ACTIONS = 0x1FF;

    private static final String UNANSWERED = "DAQ";

    private final LoopbackServer server;
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final Map<String, Act> acts = new ConcurrentHashMap<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile String unanswered = UNANSWERED;

    /** What it does when it is told something. */
    public interface Act {
        /** @return whether the connection goes on */
        boolean on(OutputStream out) throws IOException, InterruptedException;
    }

    private ScriptedMilter() {
        this.server = LoopbackServer.start(this::serve);
        on("O", frame("O", number(6), number(ALL_ACTIONS), number(0)));
    }

    public static ScriptedMilter start() {
        return new ScriptedMilter();
    }

    /** Answers the negotiation with these steps, and lists of macros. */
    public ScriptedMilter steps(int steps, byte[]... macros) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List.of(macros).forEach(all::writeBytes);
        return on("O", frame("O", number(6), number(ALL_ACTIONS), number(steps), all.toByteArray()));
    }

    /** Does not answer these commands. */
    public ScriptedMilter unanswered(String commands) {
        unanswered = UNANSWERED + commands;
        return this;
    }

    /**
     * Answers an event with these frames.
     *
     * @param event its beginning; the longest that fits counts
     */
    public ScriptedMilter on(String event, byte[]... frames) {
        return acts(event, out -> {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            List.of(frames).forEach(all::writeBytes);
            out.write(all.toByteArray());
            return true;
        });
    }

    /** Closes the connection when it is told this. */
    public ScriptedMilter closesOn(String event) {
        return acts(event, out -> false);
    }

    /** Says nothing, and does not close, when it is told this. */
    public ScriptedMilter silentOn(String event) {
        return acts(event, out -> {
            end.await();
            return false;
        });
    }

    /** Does something when it is told this. */
    public ScriptedMilter acts(String event, Act act) {
        acts.put(event, act);
        return this;
    }

    /** A frame. */
    public static byte[] frame(String command, byte[]... data) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(octets(command));
        List.of(data).forEach(all::writeBytes);
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(number(all.size()));
        frame.writeBytes(all.toByteArray());
        return frame.toByteArray();
    }

    /** 32 bits. */
    public static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    /** Text and its NUL. */
    public static byte[] text(String value) {
        return octets(value + "\0");
    }

    /** One octet for each char. */
    public static byte[] octets(String value) {
        return value.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void serve(Socket connection) throws IOException {
        DataInputStream in = new DataInputStream(connection.getInputStream());
        try {
            boolean goesOn = true;
            while (goesOn) {
                byte[] frame = in.readNBytes(in.readInt());
                String event = new String(frame, StandardCharsets.ISO_8859_1).replace('\0', '|');
                events.add(event);
                goesOn = act(event).on(connection.getOutputStream());
            }
        } catch (EOFException gone) {
            // the proxy closed it
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Act act(String event) {
        return acts.entrySet().stream()
                .filter(e -> event.startsWith(e.getKey()))
                .max(Map.Entry.comparingByKey((a, b) -> Integer.compare(a.length(), b.length())))
                .map(Map.Entry::getValue)
                .orElse(out -> {
                    if (unanswered.indexOf(event.charAt(0)) < 0) {
                        out.write(frame("c"));
                    }
                    return true;
                });
    }

    /** Where it is. */
    public ServiceAddress address() {
        return ServiceAddress.tcp("127.0.0.1", server.address().getPort());
    }

    /** What it was told, in order, without the negotiation. */
    public List<String> events() {
        return events.stream().filter(e -> e.charAt(0) != 'O').toList();
    }

    /** What it was told by one of these commands. */
    public List<String> events(String commands) {
        return events().stream().filter(e -> commands.indexOf(e.charAt(0)) >= 0).toList();
    }

    /** How many connections it got. */
    public int connections() {
        return server.connections().size();
    }

    /** Whether all of them are over. */
    public boolean isLeft() {
        return server.connections().stream().allMatch(Socket::isClosed);
    }

    /** Closes the connections that there are. */
    public void hangsUp() {
        server.hangUp();
    }

    @Override
    public void close() {
        end.countDown();
        server.close();
    }
}
