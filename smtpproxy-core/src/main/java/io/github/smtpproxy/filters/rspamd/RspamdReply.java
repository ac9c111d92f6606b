package io.github.smtpproxy.filters.rspamd;

import io.github.smtpproxy.json.Json;
import io.github.smtpproxy.service.Printable;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The reply to {@code /checkv2}: JSON, and behind it the message if rspamd rewrote it.
 *
 * @param json all that rspamd replied
 * @param rewritten the whole message
 */
record RspamdReply(Map<String, Object> json, Optional<byte[]> rewritten) {

    /** @param offset of the rewritten message, as {@code Message-Offset} has it */
    static RspamdReply parse(byte[] body, OptionalInt offset) throws IOException {
        int end = offset.orElse(body.length);
        if (end < 0 || end > body.length) {
            throw new IOException("the reply has no message at its Message-Offset " + end);
        }
        Map<String, Object> json = Json.object(body, end);
        Optional<String> error = Json.text(json, "error");
        if (error.isPresent()) {
            throw new IOException("rspamd replied: " + Printable.of(error.get()));
        }
        return new RspamdReply(
                json, end == body.length ? Optional.empty() : Optional.of(Arrays.copyOfRange(body, end, body.length)));
    }

    RspamdResult result() {
        return RspamdResult.of(json);
    }

    Map<String, Object> milter() {
        return Json.map(json, "milter");
    }

    Optional<String> subject() {
        return Json.text(json, "subject");
    }

    /** The words that rspamd has for the client. */
    Optional<String> words() {
        return Json.text(Json.map(json, "messages"), "smtp_message")
                .map(Printable::of)
                .filter(words -> !words.isEmpty());
    }
}
