package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.message.Content;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
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

/** Hashing a body of 1 MiB in its canonical form: operations a second are MiB a second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class BodyHashBenchmark {

    private static final int SIZE = 1 << 20;

    /** What the body is made of. */
    public enum Kind {
        /** Lines of 76 characters. */
        BASE64 {
            @Override
            String line(Random random) {
                byte[] octets = new byte[57];
                random.nextBytes(octets);
                return Base64.getEncoder().encodeToString(octets);
            }
        },
        /** Words with single spaces between them. */
        PROSE {
            @Override
            String line(Random random) {
                StringBuilder line = new StringBuilder("a");
                while (line.length() < 70) {
                    line.append("aeiorstn".charAt(random.nextInt(8))).append(random.nextInt(6) == 0 ? " x" : "");
                }
                return line.toString();
            }
        },
        /** Indented lines, as HTML has. */
        INDENTED {
            @Override
            String line(Random random) {
                return " ".repeat(random.nextInt(16)) + "<td class=\"x\">" + "y".repeat(random.nextInt(40)) + "</td>";
            }
        },
        /** All white space changes. */
        WORST {
            @Override
            String line(Random random) {
                return "a  b\tc  ".repeat(8);
            }
        };

        abstract String line(Random random);
    }

    /** What the body is made of. */
    @Param
    public Kind kind;

    private byte[] body;

    /** Makes the body. */
    @Setup
    public void fill() {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder();
        while (text.length() < SIZE) {
            text.append(kind.line(random)).append("\r\n");
        }
        body = Arrays.copyOf(text.toString().getBytes(StandardCharsets.US_ASCII), SIZE);
    }

    /** The hash alone. */
    @Benchmark
    public byte[] sha256() {
        return BodyDigest.sha256().digest(body);
    }

    /** As signed here. */
    @Benchmark
    public byte[] relaxed() {
        return BodyHash.relaxed(content()).hash();
    }

    /** As some others sign. */
    @Benchmark
    public byte[] simple() {
        BodyHash hash = new BodyHash(Canonicalization.SIMPLE, Long.MAX_VALUE);
        BodyHash.compute(List.of(hash), content());
        return hash.hash();
    }

    private Content content() {
        return () -> new java.io.ByteArrayInputStream(body);
    }
}
