package io.github.smtpproxy.internal.host;

import io.github.smtpproxy.config.Transcript;
import io.github.smtpproxy.internal.transport.Network;
import java.util.List;

/** The transcripts of a proxy as one. What they throw is logged and dropped: a transcript cannot end a session. */
public final class Transcripts implements Transcript {

    /** Asked for each line: an array needs no iterator. */
    private final Transcript[] all;

    private final ForeignCode guard;

    public Transcripts(List<Transcript> all, Network network) {
        this.all = all.toArray(Transcript[]::new);
        this.guard = new ForeignCode(network);
    }

    @Override
    public boolean isWanted(String session) {
        for (Transcript transcript : all) {
            if (isWanted(transcript, session)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWanted(Transcript transcript, String session) {
        try {
            return transcript.isWanted(session);
        } catch (RuntimeException | Error e) {
            ForeignCode.failed(session, "isWanted", transcript, "threw " + e);
            return false;
        }
    }

    @Override
    public void line(String session, Lane lane, boolean fromProxy, String line) {
        for (Transcript transcript : all) {
            guard.run(session, "a line of the transcript", transcript, () -> {
                if (transcript.isWanted(session)) {
                    transcript.line(session, lane, fromProxy, line);
                }
            });
        }
    }
}
