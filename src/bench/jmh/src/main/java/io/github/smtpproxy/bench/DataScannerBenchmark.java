package io.github.smtpproxy.bench;

import io.github.smtpproxy.internal.wire.DataScanner;
import io.github.smtpproxy.internal.wire.Wire;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Looking for the end of data in one block of content, which ends with it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class DataScannerBenchmark {

    private static final byte[] END = "\r\n.\r\n".getBytes(StandardCharsets.US_ASCII);

    /** Octets in a line, with its end. */
    @Param({"40", "78", "998"})
    public int line;

    private byte[] block;

    /** Fills the block with lines. */
    @Setup
    public void fill() {
        block = new byte[Wire.BLOCK];
        Arrays.fill(block, (byte) 'a');
        for (int end = line; end < block.length - END.length; end += line) {
            block[end - 2] = '\r';
            block[end - 1] = '\n';
        }
        System.arraycopy(END, 0, block, block.length - END.length, END.length);
    }

    /** A whole block. */
    @Benchmark
    public int scan() {
        DataScanner scanner = new DataScanner();
        scanner.scan(block, 0, block.length);
        if (!scanner.done()) {
            throw new IllegalStateException("the end of data was not seen");
        }
        return scanner.next();
    }
}
