package io.github.smtpproxy.peers;

import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Messages of all kinds, the same in each run, one char for each octet. */
final class DkimCorpus {

    private static final String[] NAMES = {
        "X-Odd!#$%",
        "Subject",
        "To",
        "Cc",
        "Received",
        "Comments",
        "List-Id",
        "MIME-Version",
        "content-TYPE",
        "x",
        "Sender",
        "Message-ID",
        "Resent-From",
        "References",
        "X-DKIM-Signature",
        "Reply-To"
    };

    private final Random random;

    DkimCorpus(int seed) {
        this.random = new Random(seed);
    }

    /** A message with whole line ends; its last line is ended if that is wanted. */
    String message(boolean ended) {
        StringBuilder text = new StringBuilder();
        int from = random.nextInt(8);
        int fields = from + 1 + random.nextInt(8);
        for (int i = 0; i < fields; i++) {
            text.append(
                    i == from
                            ? "From:"
                                    + pick(
                                            " Alice <a@client.test>",
                                            "a@client.test",
                                            "\r\n\t\"A, (B\" \r\n <a@client.test> ")
                            : field());
            text.append("\r\n");
        }
        text.append("\r\n");
        for (int i = random.nextInt(3) == 0 ? 0 : random.nextInt(20); i > 0; i--) {
            text.append(line()).append("\r\n");
        }
        text.append("\r\n".repeat(random.nextInt(3) * random.nextInt(3)));
        // one peer keeps white space at the end of a line that is not ended
        return ended
                ? text.toString()
                : text.append(pick("x", "end. of it", "\u00e9")).toString();
    }

    private String field() {
        String name = NAMES[random.nextInt(NAMES.length)];
        Supplier<String> word = () -> pick(
                "word", "caf\u00c3\u00a9", "\u00ff\u0080", "a:b", "=?utf-8?q?=C3=A9?=", ";", "\"q\"", "w".repeat(200));
        StringBuilder value = new StringBuilder(pick("", " ", "\t", "  ", " \t "));
        for (int i = random.nextInt(6); i > 0; i--) {
            value.append(word.get()).append(pick(" ", "  ", "\t", " \t", "\r\n ", "\r\n\t \t", " \r\n  "));
        }
        return name + ":" + value + pick("", "end", "end ", "end\t ");
    }

    private String line() {
        return switch (random.nextInt(12)) {
            case 0 -> "";
            case 1 -> pick(" ", "\t", " \t  ");
            case 2 -> pick(".", "..", ".x", ". ", "...\t.");
            case 3 -> "long " + "0123456789".repeat(100).substring(0, 993);
            case 4 -> "y".repeat(pick("998", "999", "1000", "1024", "2500").length() * 300 + random.nextInt(1200));
            case 5 -> octets();
            case 6 -> pick("\t", " ", "  ") + "indented\t\ttext" + pick("", " ", "\t ", "   ");
            case 7 -> "MIIB" + "QUJD".repeat(18);
            case 8 -> "From here on";
            default -> words();
        };
    }

    private String octets() {
        StringBuilder line = new StringBuilder();
        random.ints(1 + random.nextInt(60), 1, 256)
                .filter(c -> c != '\r' && c != '\n')
                .forEach(c -> line.append((char) c));
        return line.toString();
    }

    private String words() {
        StringBuilder line = new StringBuilder();
        for (int i = random.nextInt(12); i >= 0; i--) {
            line.append(pick("the", "quick", "brown", "fox", "jumps", "caf\u00e9", "=", "-- "))
                    .append(pick(" ", " ", " ", "  ", "\t"));
        }
        return line.toString();
    }

    private String pick(String... some) {
        return some[random.nextInt(some.length)];
    }

    /** So many of them. */
    static Stream<String> messages(int seed, int count) {
        DkimCorpus corpus = new DkimCorpus(seed);
        return Stream.generate(() -> corpus.message(true)).limit(count);
    }
}
