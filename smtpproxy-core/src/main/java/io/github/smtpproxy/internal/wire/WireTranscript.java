package io.github.smtpproxy.internal.wire;

import io.github.smtpproxy.config.Transcript.Lane;

/** Writes the lines of one wire to the host's transcript, without secrets. Used by the session's thread. */
final class WireTranscript {

    private final Wire.Log log;
    private final Redaction commands = new Redaction();
    private final Redaction replies = new Redaction();

    WireTranscript(Wire.Log log) {
        this.log = log;
    }

    /** Writes a line that the peer sent: a command of the client or a reply of the destination. */
    void received(String line) {
        write(line, false, log.lane() == Lane.DESTINATION);
    }

    /** Writes a line that the proxy sends: a reply to the client or a command to the destination. */
    void sent(String line) {
        write(line, true, log.lane() == Lane.CLIENT);
    }

    private void write(String text, boolean fromProxy, boolean isReply) {
        if (log.transcript() != Wire.NO_TRANSCRIPT) {
            String line = isReply ? commands.reply(replies.line(text)) : commands.line(text);
            log.transcript().line(log.session(), log.lane(), fromProxy, line);
        }
    }
}
