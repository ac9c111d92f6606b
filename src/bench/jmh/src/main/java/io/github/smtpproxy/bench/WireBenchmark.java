package io.github.smtpproxy.bench;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.wire.CommandLine;
import io.github.smtpproxy.internal.wire.Deadline;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Reading command lines and replies, and writing replies, without a network. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class WireBenchmark {

    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final int MAX_COMMAND = 2048;
    private static final int MAX_AUTH = 12288;

    private Wire client;
    private Wire pipelining;
    private Wire destination;
    private Wire greeting;
    private Reply accepted;

    /** Opens the wires. */
    @Setup
    public void open() throws IOException {
        client = saying("RCPT TO:<alice@client.example> NOTIFY=NEVER\r\n");
        pipelining = saying("MAIL FROM:<alice@client.example>\r\nRCPT TO:<bob@sink.example>\r\nDATA\r\n");
        destination = saying("250 2.1.5 Ok\r\n");
        greeting = saying("250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"
                + "250-STARTTLS\r\n250 SIZE 100000000\r\n");
        accepted = destination.readReply(TIMEOUT);
    }

    /** One command in one read. */
    @Benchmark
    public CommandLine command() throws IOException {
        return client.readCommand(TIMEOUT, TIMEOUT, MAX_COMMAND, MAX_AUTH);
    }

    /** Three commands in one read. */
    @Benchmark
    public String pipelinedCommands() throws IOException {
        pipelining.readCommand(TIMEOUT, TIMEOUT, MAX_COMMAND, MAX_AUTH);
        pipelining.readCommand(TIMEOUT, TIMEOUT, MAX_COMMAND, MAX_AUTH);
        return pipelining.readCommand(TIMEOUT, TIMEOUT, MAX_COMMAND, MAX_AUTH).verb();
    }

    /** A reply of one line. */
    @Benchmark
    public Reply reply() throws IOException {
        return destination.readReply(TIMEOUT);
    }

    /** The six lines that answer an EHLO. */
    @Benchmark
    public Reply replyToEhlo() throws IOException {
        return greeting.readReply(TIMEOUT);
    }

    /** A reply on its way to the client. */
    @Benchmark
    public int writeReply() throws IOException {
        client.queueReply(accepted);
        client.flush(TIMEOUT);
        return client.queued();
    }

    private static Wire saying(String text) throws IOException {
        Wire.Log silent = new Wire.Log(Wire.NO_TRANSCRIPT, "1", Transcript.Lane.CLIENT);
        return new Wire(new RepeatingSocket(text.getBytes(StandardCharsets.ISO_8859_1)), new NoDeadline(), silent);
    }

    private static final class NoDeadline implements Deadline {
        @Override
        public void expire() {}

        @Override
        public void arm(Duration timeout) {
            // nothing is late here
        }

        @Override
        public void disarm() {
            // nothing was armed
        }

        @Override
        public boolean expired() {
            return false;
        }

        @Override
        public void close() {
            // nothing to forget
        }
    }
}
