package io.github.smtpproxy.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Dialogues that nobody thought of, the same ones for the same seed. */
final class RandomScripts {

    private static final List<String> COMMANDS = List.of(
            "EHLO c.test",
            "HELO c.test",
            "NOOP",
            "NOOP again",
            "RSET",
            "RSET now",
            "VRFY alice",
            "EXPN staff",
            "HELP",
            "FOO bar",
            "MAIL FROM:<a@c.test>",
            "MAIL FROM:<a@c.test> SIZE=1000",
            "MAIL FROM:<a@c.test> SIZE=100001",
            "MAIL FROM:<a@c.test> BODY=8BITMIME",
            "mail from:<>",
            "RCPT TO:<alice@dest.test>",
            "RCPT TO:<alice@dest.test>",
            "rcpt to:<bob@dest.test>",
            "RCPT TO:<nobody@dest.test>",
            "RCPT TO:<a@elsewhere.test>",
            "DATA",
            "DATA",
            "DATA now",
            "AUTH PLAIN AGFsaWNlAHNlY3JldA==",
            "AUTH PLAIN AGFsaWNlAHdyb25n",
            "AUTH FOO",
            "@starttls");

    private static final List<String> MESSAGE = List.of("@body", "Subject: s", "", "hello", "..dot", ".");

    private static final List<String> CHUNKS = List.of(
            "@bdat BDAT #|Subject: s\\r\\n\\r\\n",
            "@bdat BDAT # LAST|hello\\r\\n",
            "@bdat bdat # last|",
            "@bdat BDAT #|");

    private RandomScripts() {}

    static List<Script> of(long seed, int count) {
        return Stream.iterate(0, i -> i + 1)
                .limit(count)
                .map(i -> script(new Random(seed + i), "random %d of seed %d".formatted(i, seed), i % 2 == 1))
                .toList();
    }

    private static Script script(Random random, String name, boolean chunks) {
        List<String> lines = new ArrayList<>();
        lines.add("== " + name + (chunks ? " [CHUNKING]" : ""));
        if (random.nextInt(5) > 0) {
            lines.add("EHLO c.test");
        }
        for (int left = 4 + random.nextInt(16); left > 0; left--) {
            lines.addAll(fragment(random, chunks));
            if (random.nextInt(3) == 0) {
                lines.add("--");
            }
        }
        return Corpus.parse(lines).get(0);
    }

    private static List<String> fragment(Random random, boolean chunks) {
        if (chunks && random.nextInt(4) == 0) {
            return List.of(CHUNKS.get(random.nextInt(CHUNKS.size())));
        }
        String command = COMMANDS.get(random.nextInt(COMMANDS.size()));
        if (command.startsWith("DATA")) {
            return Stream.concat(Stream.of(command), MESSAGE.stream()).toList();
        }
        // half a transaction in a row, or hardly one would ever be whole
        return random.nextInt(6) == 0
                ? List.of("MAIL FROM:<a@c.test>", "RCPT TO:<alice@dest.test>", command)
                : List.of(command);
    }
}
