package io.github.smtpproxy.testing;

import io.github.smtpproxy.dns.Resolver;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

/** A DNS server that answers by a script, over UDP and TCP. What it was not told of does not exist. */
public final class ScriptedDns implements AutoCloseable {

    /** What can be wrong with an answer. */
    public enum Fault {
        SILENT,
        SERVER_FAILURE,
        WRONG_ID,
        GARBAGE,
        /** Over UDP it says that it does not fit. */
        TRUNCATED
    }

    private static final int TTL = 300;

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final Map<String, List<String>> answers = new ConcurrentHashMap<>();
    private final Map<String, Fault> faults = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private ScriptedDns(ServerSocket tcp, DatagramSocket udp) {
        this.tcp = tcp;
        this.udp = udp;
    }

    /** A running server. */
    public static ScriptedDns start() {
        try {
            ScriptedDns server = bound();
            thread(server::serveUdp);
            thread(server::serveTcp);
            return server;
        } catch (IOException e) {
            throw new AssertionError("no DNS server", e);
        }
    }

    /** One port for both transports: a port that is free for one may be another process's for the other. */
    private static ScriptedDns bound() throws IOException {
        IOException last = null;
        for (int tries = 0; tries < 20; tries++) {
            ServerSocket tcp = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            try {
                return new ScriptedDns(tcp, new DatagramSocket(tcp.getLocalPort(), InetAddress.getLoopbackAddress()));
            } catch (BindException taken) {
                last = taken;
                tcp.close();
            }
        }
        throw last;
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "DNS server of a test");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Addresses of a name, MX records such as {@code MX 10 mx.test.}, names such as {@code PTR a.test.}, or texts where they
     * are none of these; texts may be told apart by a {@code TXT } before them. {@code CNAME a.test.} is an alias of a name
     * that does not exist. Without any, the name is there and has none.
     */
    public ScriptedDns has(String name, String... values) {
        answers.put(name, List.of(values));
        return this;
    }

    /** Makes a zone pass the test of RFC 5782 section 5. */
    public ScriptedDns isList(String zone) {
        return has("2.0.0.127." + zone, "127.0.0.2");
    }

    /** What goes wrong with a question, such as {@code TXT x.test}. */
    public ScriptedDns fails(String question, Fault fault) {
        faults.put(question, fault);
        return this;
    }

    /** What was asked, such as {@code A x.test}. */
    public List<String> asked() {
        return asked;
    }

    public Resolver resolver() {
        return Resolver.at("127.0.0.1:" + tcp.getLocalPort());
    }

    private void serveUdp() {
        byte[] buffer = new byte[4096];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                byte[] answer = answer(Arrays.copyOf(buffer, packet.getLength()), true);
                if (answer.length > 0) {
                    udp.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            }
        } catch (IOException closed) {
            // the end of the test
        }
    }

    private void serveTcp() {
        try {
            while (true) {
                try (Socket connection = tcp.accept()) {
                    DataInputStream in = new DataInputStream(connection.getInputStream());
                    byte[] answer = answer(in.readNBytes(in.readUnsignedShort()), false);
                    DataOutputStream out = new DataOutputStream(connection.getOutputStream());
                    out.writeShort(answer.length);
                    out.write(answer);
                }
            }
        } catch (IOException closed) {
            // the end of the test
        }
    }

    private byte[] answer(byte[] question, boolean overUdp) throws IOException {
        Message query = new Message(question);
        Record about = query.getQuestion();
        String name = about.getName().toString(true).toLowerCase(Locale.ROOT);
        String key = Type.string(about.getType()) + " " + name;
        asked.add(key);
        Fault fault = faults.get(key);
        if (fault == Fault.SILENT) {
            return new byte[0];
        }
        if (fault == Fault.GARBAGE) {
            return new byte[] {1, 2, 3};
        }
        Message answer = new Message(query.getHeader().getID() ^ (fault == Fault.WRONG_ID ? 1 : 0));
        answer.getHeader().setFlag(Flags.QR);
        answer.addRecord(about, Section.QUESTION);
        if (fault == Fault.SERVER_FAILURE) {
            answer.getHeader().setRcode(Rcode.SERVFAIL);
        } else if (fault == Fault.TRUNCATED && overUdp) {
            answer.getHeader().setFlag(Flags.TC);
        } else {
            fill(answer, about, name);
        }
        return answer.toWire();
    }

    private void fill(Message answer, Record about, String name) throws IOException {
        if (!answers.containsKey(name)) {
            answer.getHeader().setRcode(Rcode.NXDOMAIN);
            return;
        }
        for (String value : answers.get(name)) {
            if (value.startsWith("CNAME ")) {
                Name target = Name.fromString(value.substring(6));
                answer.addRecord(new CNAMERecord(about.getName(), DClass.IN, TTL, target), Section.ANSWER);
                answer.getHeader().setRcode(Rcode.NXDOMAIN);
            } else if (typeOf(value) == about.getType()) {
                answer.addRecord(record(about.getName(), value), Section.ANSWER);
            }
        }
    }

    private static int typeOf(String value) {
        if (value.startsWith("MX ")) {
            return Type.MX;
        }
        if (value.startsWith("PTR ")) {
            return Type.PTR;
        }
        if (value.matches("[0-9a-f:]*:[0-9a-f:]+")) {
            return Type.AAAA;
        }
        return value.matches("[0-9.]+") ? Type.A : Type.TXT;
    }

    private static Record record(Name name, String value) throws IOException {
        return switch (typeOf(value)) {
            case Type.A -> new ARecord(name, DClass.IN, TTL, InetAddress.getByName(value));
            case Type.AAAA -> new AAAARecord(name, DClass.IN, TTL, InetAddress.getByName(value));
            case Type.MX -> {
                String[] words = value.split(" ");
                yield new MXRecord(name, DClass.IN, TTL, Integer.parseInt(words[1]), Name.fromString(words[2]));
            }
            case Type.PTR -> new PTRRecord(name, DClass.IN, TTL, Name.fromString(value.substring(4)));
            default ->
                new TXTRecord(name, DClass.IN, TTL, strings(value.startsWith("TXT ") ? value.substring(4) : value));
        };
    }

    /** Of 255 octets each (RFC 1035 §3.3). */
    private static List<String> strings(String text) {
        List<String> strings = new ArrayList<>();
        for (int i = 0; i == 0 || i < text.length(); i += 255) {
            strings.add(text.substring(i, Math.min(text.length(), i + 255)));
        }
        return strings;
    }

    @Override
    public void close() {
        udp.close();
        try {
            tcp.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
