package io.github.smtpproxy.model;

import io.github.smtpproxy.model.Step.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What a client is going to say, made of a seed: groups of steps, each of which leaves in one write. Mailboxes and
 * tokens are said once only, so that an answer tells which command it belongs to.
 */
final class Draft {

    private static final List<String> DOMAINS =
            List.of("one.test", "one.test", "one.test", "two.test", "down.test", "else.test");

    private static final List<String> FATES = List.of("refused", "undone", "broken", "throttled");

    private static final List<String> OTHERS = List.of(
            "NOOP",
            "VRFY x",
            "HELP",
            "FOO bar",
            "",
            " MAIL FROM:<x@one.test>",
            "MAIL",
            "RCPT TO:",
            "DATA now",
            "BDAT",
            "RSET now",
            "NOOP " + "x".repeat(3_000),
            "RCPT TO:<a b>");

    private final Random random;
    private final long seed;
    private final List<List<Step>> groups = new ArrayList<>();
    private final Map<String, String> messages = new HashMap<>();
    private List<Step> group = new ArrayList<>();
    private int count;

    private Draft(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
    }

    static Draft of(long seed) {
        Draft draft = new Draft(seed);
        draft.hello();
        draft.cut();
        for (int left = 1 + draft.random.nextInt(5); left > 0; left--) {
            draft.fragment();
        }
        if (draft.random.nextInt(3) > 0) {
            draft.say(Step.of(Kind.QUIT, "QUIT", ""));
        }
        draft.cut();
        return draft;
    }

    List<List<Step>> groups() {
        return groups;
    }

    /** The message of each token, as it is without dot-stuffing. */
    Map<String, String> messages() {
        return messages;
    }

    private void say(Step step) {
        group.add(step);
        if (step.kind() == Kind.DATA) {
            // the group ends where the client must know whether it may go on
            cut();
        }
    }

    private void cut() {
        if (!group.isEmpty()) {
            groups.add(List.copyOf(group));
            group = new ArrayList<>();
        }
    }

    private void cutSometimes(boolean pipelined) {
        if (!pipelined || random.nextInt(8) == 0) {
            cut();
        }
    }

    private void hello() {
        String name = random.nextInt(12) == 0 ? "refused.test" : "client.test";
        say(Step.of(Kind.HELLO, (random.nextInt(8) == 0 ? "HELO " : "EHLO ") + name, name));
    }

    private void fragment() {
        switch (random.nextInt(12)) {
            case 0 -> hello();
            case 1 -> say(Step.of(Kind.RSET, "RSET", ""));
            case 2, 3 -> say(Step.of(Kind.OTHER, OTHERS.get(random.nextInt(OTHERS.size())), ""));
            default -> transaction();
        }
        cutSometimes(random.nextBoolean());
    }

    private void transaction() {
        boolean pipelined = random.nextBoolean();
        String domain = domain();
        if (random.nextInt(15) > 0) {
            say(mailbox(Kind.MAIL, "MAIL FROM:<", domain));
            cutSometimes(pipelined);
        }
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            say(mailbox(Kind.RCPT, "RCPT TO:<", random.nextInt(6) == 0 ? domain() : domain));
            cutSometimes(pipelined);
        }
        if (random.nextInt(10) == 0) {
            interruption();
            cutSometimes(pipelined);
        }
        if (random.nextInt(10) > 0) {
            content(pipelined);
        }
    }

    private String domain() {
        return DOMAINS.get(random.nextInt(DOMAINS.size()));
    }

    private void interruption() {
        switch (random.nextInt(4)) {
            case 0 -> hello();
            case 1 -> say(Step.of(Kind.RSET, "RSET", ""));
            case 2 -> say(mailbox(Kind.MAIL, "MAIL FROM:<", "one.test"));
            default -> say(Step.of(Kind.OTHER, "NOOP", ""));
        }
    }

    private Step mailbox(Kind kind, String command, String domain) {
        String fate = random.nextInt(7) == 0 ? FATES.get(random.nextInt(FATES.size())) : "good";
        String mailbox = fate + "-" + kind.name().charAt(0) + ++count + "@" + domain;
        return Step.of(kind, command + mailbox + ">", mailbox);
    }

    private void content(boolean pipelined) {
        String token = "t" + Long.toString(seed, 36) + "-" + ++count;
        if (random.nextInt(5) < 2) {
            chunks(token, pipelined);
        } else {
            boolean blind = random.nextInt(6) == 0;
            String message = message(token, blind);
            say(Step.data(token, stuffed(message) + ".\r\n", blind));
        }
    }

    private void chunks(String token, boolean pipelined) {
        String message = message(token, false);
        int parts = 1 + random.nextInt(4);
        for (int from = 0; parts > 0; parts--) {
            boolean last = parts == 1;
            int to = last ? message.length() : from + random.nextInt(message.length() - from + 1);
            say(Step.chunk(token, message.substring(from, to), last));
            from = to;
            cutSometimes(pipelined);
            if (!last && random.nextInt(25) == 0) {
                interruption();
            }
        }
    }

    private String message(String token, boolean small) {
        StringBuilder message = new StringBuilder("X-Token: " + token + "\r\n");
        switch (random.nextInt(12)) {
            case 0 -> message.append("X-Fate: refused\r\n");
            case 1 -> message.append("X-Fate: broken\r\n");
            case 2 -> message.append("X-Fate: broken-late\r\n");
            default -> message.append("Subject: s\r\n");
        }
        message.append("\r\n");
        int lines = small || random.nextInt(6) > 0 ? random.nextInt(6) : 100 + random.nextInt(1_500);
        for (int i = 0; i < lines; i++) {
            message.append(random.nextInt(9) == 0 ? "." : "")
                    .append(token)
                    .append(" line ")
                    .append(i)
                    .append(" x".repeat(random.nextInt(30)))
                    .append("\r\n");
        }
        if (!small && random.nextInt(20) == 0) {
            message.append("a line feed\nalone\r\n");
        }
        messages.put(token, message.toString());
        return message.toString();
    }

    static boolean standsAlone(String message) {
        return message.replace("\r\n", "").indexOf('\n') >= 0;
    }

    private static String stuffed(String message) {
        String stuffed = message.replace("\r\n.", "\r\n..");
        return stuffed.startsWith(".") ? "." + stuffed : stuffed;
    }

    static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
