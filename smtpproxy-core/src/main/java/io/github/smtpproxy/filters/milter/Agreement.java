package io.github.smtpproxy.filters.milter;

import java.io.IOException;
import java.net.ProtocolException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What both sides agreed on when the connection was opened.
 *
 * @param actions which changes the milter may make
 * @param steps what is sent to it, and what it answers
 * @param macros those that it named, for the stages that it named
 */
record Agreement(int actions, int steps, Map<Stage, List<String>> macros) {

    static final int ADD_HEADERS = 1;
    static final int CHANGE_BODY = 1 << 1;
    static final int ADD_RECIPIENTS = 1 << 2;
    static final int DELETE_RECIPIENTS = 1 << 3;
    static final int CHANGE_HEADERS = 1 << 4;
    static final int QUARANTINE = 1 << 5;
    static final int CHANGE_SENDER = 1 << 6;
    static final int ADD_RECIPIENTS_WITH_PARAMETERS = 1 << 7;

    private static final int VERSION = 6;
    private static final int OLDEST = 2;
    /** The first that knows unknown commands, and the first that knows DATA. */
    private static final int KNOWS_UNKNOWN = 3;

    private static final int KNOWS_DATA = 4;

    private static final int ALL_ACTIONS = 0x1FF;
    private static final int SKIP = 1 << 10;
    private static final int REJECTED_RECIPIENTS = 1 << 11;
    private static final int LEADING_SPACE = 1 << 20;
    private static final int CHUNKS_256K = 0x10000000;
    private static final int CHUNKS_1M = 0x20000000;
    private static final int ALL_STEPS = 0x1FFFFF | CHUNKS_256K | CHUNKS_1M;

    /** Octets of a chunk of a body. */
    private static final int CHUNK = 65_535;

    Agreement {
        macros = Map.copyOf(macros);
    }

    /** What a milter is offered. */
    static byte[] offer() {
        return new Frame.Data()
                .number(VERSION)
                .number(ALL_ACTIONS)
                .number(ALL_STEPS)
                .toBytes();
    }

    /**
     * Reads its answer.
     *
     * @throws NegotiationException if it is not a subset of what was offered
     */
    static Agreement of(Frame answer) throws IOException {
        if (answer.command() != 'O') {
            throw new ProtocolException("it answers " + Frame.name(answer.command()) + " when it is offered a version");
        }
        Frame.Parts parts = answer.parts();
        int version = parts.number();
        int actions = parts.number();
        int steps = parts.number();
        if (version < OLDEST || version > VERSION) {
            throw new NegotiationException("it wants version " + version + " of the protocol");
        }
        if ((actions & ~ALL_ACTIONS) != 0 || (steps & ~ALL_STEPS) != 0) {
            throw new NegotiationException(String.format(
                    "it wants actions %#x of %#x and steps %#x of %#x", actions, ALL_ACTIONS, steps, ALL_STEPS));
        }
        return new Agreement(actions, steps | unknownTo(version), symbols(parts));
    }

    private static int unknownTo(int version) {
        return (version < KNOWS_UNKNOWN ? Stage.UNKNOWN.unwantedBit() : 0)
                | (version < KNOWS_DATA ? Stage.DATA.unwantedBit() : 0);
    }

    private static Map<Stage, List<String>> symbols(Frame.Parts parts) throws ProtocolException {
        Map<Stage, List<String>> symbols = new EnumMap<>(Stage.class);
        while (!parts.isEmpty()) {
            int number = parts.number();
            List<String> names = Stage.names(parts.text());
            Stage.ofSymbols(number).ifPresent(stage -> symbols.put(stage, names));
        }
        return new HashMap<>(symbols);
    }

    boolean allows(int action) {
        return (actions & action) != 0;
    }

    boolean wants(Stage stage) {
        return !stage.isUnwanted(steps);
    }

    boolean isAnswered(Stage stage) {
        return !stage.isUnanswered(steps);
    }

    /** Whether it may want no more of the same. */
    boolean maySkip() {
        return (steps & SKIP) != 0;
    }

    boolean wantsRejectedRecipients() {
        return (steps & REJECTED_RECIPIENTS) != 0;
    }

    /** Whether values of fields are exchanged with the space that leads them. */
    boolean keepsLeadingSpace() {
        return (steps & LEADING_SPACE) != 0;
    }

    /** The most octets of a chunk of a body. */
    int chunk() {
        return (steps & CHUNKS_1M) != 0 ? (1 << 20) - 1 : (steps & CHUNKS_256K) != 0 ? (1 << 18) - 1 : CHUNK;
    }

    List<String> macros(Stage stage) {
        return macros.getOrDefault(stage, stage.macros());
    }
}
