package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.config.Transcript.Lane;

/** Writes the lines of one wire to the host's transcript, without secrets. Used by the session's thread. */
final class WireTranscript {

    /** The transcript of a proxy that has none. */
    static final Transcript NONE = new Transcript() {
        @Override
        public boolean isWanted() {
            return false;
        }

        @Override
        public void line(String session, Lane lane, boolean fromProxy, String line) {
            // nobody reads it
        }
    };

    private final Transcript transcript;
    private final String session;
    private final Lane lane;
    private Redaction commands = new Redaction();
    private final Redaction replies = new Redaction();
    private boolean missed;

    WireTranscript(Transcript transcript, String session, Lane lane) {
        this.transcript = transcript;
        this.session = session;
        this.lane = lane;
    }

    /** Writes a line that the peer sent: a command of the client or a reply of the destination. */
    void received(String line) {
        write(line, false, lane == Lane.DESTINATION);
    }

    /** Writes a line that the proxy sends: a reply to the client or a command to the destination. */
    void sent(String line) {
        write(line, true, lane == Lane.CLIENT);
    }

    private void write(String text, boolean fromProxy, boolean isReply) {
        if (!transcript.isWanted(session)) {
            missed = true;
            return;
        }
        if (missed) {
            missed = false;
            commands = Redaction.inTheMiddle();
        }
        String line = isReply ? commands.reply(replies.line(text)) : commands.line(text);
        transcript.line(session, lane, fromProxy, line);
    }
}
