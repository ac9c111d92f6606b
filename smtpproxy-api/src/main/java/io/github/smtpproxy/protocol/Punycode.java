package io.github.smtpproxy.protocol;

/** The ASCII form of a label beyond ASCII (RFC 3492 §6.3), unmapped: {@code java.net.IDN} maps as IDNA 2003 did. */
final class Punycode {

    private static final int BASE = 36;
    private static final int MIN = 1;
    private static final int MAX = 26;
    private static final int SKEW = 38;
    private static final int DAMP = 700;

    private Punycode() {}

    /** The label without its {@code xn--}. */
    static String encode(String label) {
        int[] points = label.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        label.codePoints().filter(c -> c < 0x80).forEach(out::appendCodePoint);
        int basic = out.length();
        int handled = basic;
        if (basic > 0) {
            out.append('-');
        }
        int next = 0x80;
        int bias = 72;
        long delta = 0;
        while (handled < points.length) {
            int smallest = Integer.MAX_VALUE;
            for (int c : points) {
                smallest = c >= next ? Math.min(smallest, c) : smallest;
            }
            delta += (long) (smallest - next) * (handled + 1);
            next = smallest;
            for (int c : points) {
                if (c < next) {
                    delta++;
                } else if (c == next) {
                    append(out, delta, bias);
                    bias = adapt(delta, handled + 1, handled == basic);
                    delta = 0;
                    handled++;
                }
            }
            delta++;
            next++;
        }
        return out.toString();
    }

    private static void append(StringBuilder out, long delta, int bias) {
        long left = delta;
        for (int k = BASE; ; k += BASE) {
            int threshold = Math.max(MIN, Math.min(MAX, k - bias));
            if (left < threshold) {
                out.append(digit((int) left));
                return;
            }
            out.append(digit((int) (threshold + (left - threshold) % (BASE - threshold))));
            left = (left - threshold) / (BASE - threshold);
        }
    }

    private static char digit(int value) {
        return (char) (value < 26 ? 'a' + value : '0' + value - 26);
    }

    private static int adapt(long delta, int points, boolean first) {
        long left = first ? delta / DAMP : delta / 2;
        left += left / points;
        int k = 0;
        for (; left > (BASE - MIN) * MAX / 2; k += BASE) {
            left /= BASE - MIN;
        }
        return (int) (k + (BASE - MIN + 1) * left / (left + SKEW));
    }
}
