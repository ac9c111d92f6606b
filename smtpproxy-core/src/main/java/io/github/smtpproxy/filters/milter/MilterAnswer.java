package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.protocol.Reply;
import java.net.ProtocolException;
import java.util.List;
import java.util.stream.Stream;

/** What a milter decides about what was sent to it. Immutable. */
sealed interface MilterAnswer {

    /** RFC 5321 §4.5.3.1.5, without the line end. */
    int MAX_LINE = 510;

    Reply REJECT = Reply.reject("5.7.1", "Command rejected");
    Reply TEMPFAIL = Reply.defer("4.7.1", "Service unavailable - try again later");
    Reply SHUTDOWN = Reply.refusal(421, "4.7.0", "Service unavailable - try again later");

    MilterAnswer CONTINUE = new Simple("continue");
    /** No more of this message, or of the session, is to be sent; it passes. */
    MilterAnswer ACCEPT = new Simple("accept");
    /** The message is to be accepted and lost. */
    MilterAnswer DISCARD = new Simple("discard");
    /** No more of the same is to be sent. */
    MilterAnswer SKIP = new Simple("skip");

    /** The word for it in a log. */
    String word();

    /** One without data. */
    record Simple(String word) implements MilterAnswer {}

    /** A refusal. */
    record Refuse(String word, Reply reply) implements MilterAnswer {}

    /** Whether more is to be sent. */
    default boolean goesOn() {
        return this == CONTINUE || this == SKIP;
    }

    /** Whether a frame is a decision of some kind, not a change. */
    static boolean isDecision(Frame frame) {
        return "cadrtys4".indexOf(frame.command()) >= 0;
    }

    /**
     * Reads a decision.
     *
     * @throws ProtocolException if it is none, or none for this stage
     */
    static MilterAnswer of(Frame frame, Stage stage, Agreement agreed) throws ProtocolException {
        MilterAnswer answer = decision(frame);
        boolean skips = agreed.maySkip() && (stage == Stage.BODY || stage == Stage.HEADER);
        if (answer == DISCARD && (stage.isOfSession() || stage == Stage.UNKNOWN) || answer == SKIP && !skips) {
            throw new ProtocolException("it answers " + answer.word() + " to " + stage);
        }
        return answer;
    }

    private static MilterAnswer decision(Frame frame) throws ProtocolException {
        Frame.Parts parts = frame.parts();
        MilterAnswer answer = switch (frame.command()) {
            case 'c' -> CONTINUE;
            case 'a' -> ACCEPT;
            case 'd' -> DISCARD;
            case 's' -> SKIP;
            case 'r' -> new Refuse("reject", REJECT);
            case 't' -> new Refuse("tempfail", TEMPFAIL);
            case '4' -> new Refuse("shutdown", SHUTDOWN);
            case 'y' -> new Refuse("reply", reply(parts.text()));
            default -> throw new ProtocolException("it answers " + Frame.name(frame.command()));
        };
        parts.end();
        return answer;
    }

    /** Its own words. It doubles each {@code %}, which sendmail reads as a format; a single one means nothing. */
    private static Reply reply(String text) throws ProtocolException {
        String[] lines = text.split("\r?\n");
        try {
            List<String> wire = Stream.of(lines)
                    .map(line -> line.replaceAll("%(%?)", "$1"))
                    .map(MilterAnswer::printable)
                    .toList();
            Reply reply = Reply.parse(wire);
            if (reply.isRefusal()) {
                return reply;
            }
        } catch (IllegalArgumentException malformed) {
            // reported below
        }
        throw new ProtocolException("its reply is none of 4xx or 5xx");
    }

    /** A refusal holds, whatever its words are. */
    private static String printable(String line) {
        return line.substring(0, Math.min(line.length(), MAX_LINE)).replaceAll("[^\\t -~]", "?");
    }
}
