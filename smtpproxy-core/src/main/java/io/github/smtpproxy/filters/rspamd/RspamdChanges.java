package io.github.smtpproxy.filters.rspamd;

import io.github.smtpproxy.filters.SpamHeaders;
import io.github.smtpproxy.json.Json;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.service.Printable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What rspamd wants changed in a message that passes. */
final class RspamdChanges {

    private static final String SPAM = "X-Spam";
    private static final String QUARANTINE = "X-Quarantine";

    private final RspamdReply reply;
    private final String action;

    RspamdChanges(RspamdReply reply, String action) {
        this.reply = reply;
        this.action = action;
    }

    Message on(Message message) {
        Message rewritten =
                reply.rewritten().map(octets -> rewritten(message, octets)).orElse(message);
        Headers headers = SpamHeaders.renameOld(rewritten.headers());
        headers = added(removed(headers));
        headers = byAction(headers);
        for (Object signature : reversed(Json.list(reply.json(), "dkim-signature"))) {
            headers = headers.prepend("DKIM-Signature", unfolded(signature));
        }
        if ("quarantine".equals(reply.milter().get("reject"))) {
            headers = headers.without(QUARANTINE).prepend(QUARANTINE, "rspamd");
        }
        return envelope(rewritten.withHeaders(headers));
    }

    private static Message rewritten(Message message, byte[] octets) {
        String text = new String(octets, StandardCharsets.ISO_8859_1)
                .replace("\r\n", "\n")
                .replace("\n", "\r\n");
        int end = text.indexOf("\r\n\r\n");
        String section = end < 0 ? text : text.substring(0, end + 2);
        String body = end < 0 ? "" : text.substring(end + 4);
        return message.withHeaders(Headers.parse(section.getBytes(StandardCharsets.ISO_8859_1)))
                .withContent(Content.of(body.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** {@code remove_headers}: name and which of them, from 1; 0 is all, and negative numbers count from the last. */
    private Headers removed(Headers headers) {
        Headers left = headers;
        for (Map.Entry<String, Object> entry :
                Json.map(reply.milter(), "remove_headers").entrySet()) {
            String name = entry.getKey();
            int count = headers.all(name).size();
            List<Integer> which = Json.list(Map.of("n", entry.getValue()), "n").stream()
                    .map(n -> place(n, count))
                    .sorted(Collections.reverseOrder())
                    .distinct()
                    .toList();
            left = which.contains(0) ? left.without(name) : without(left, name, which);
        }
        return left;
    }

    /** Which field of {@code count}, from 1; 0 for all; negative for none. */
    private static int place(Object number, int count) {
        int n = number instanceof Double d ? d.intValue() : 0;
        return n >= 0 ? n : n >= -count ? count + 1 + n : -1;
    }

    private static Headers without(Headers headers, String name, List<Integer> fromLast) {
        Headers left = headers;
        for (int nth : fromLast) {
            left = nth > 0 ? left.without(name, nth) : left;
        }
        return left;
    }

    /** {@code add_headers}: name and a value, {@code {value, order}}, or an array of them. */
    private Headers added(Headers headers) {
        Headers more = headers;
        for (Map.Entry<String, Object> entry :
                reversed(new ArrayList<>(Json.map(reply.milter(), "add_headers").entrySet()))) {
            for (Object value : reversed(Json.list(Map.of("v", entry.getValue()), "v"))) {
                Map<String, Object> field = Json.map(value).orElse(Map.of("value", value));
                more = more.insert(
                        before(field, more.size()),
                        Printable.fieldName(entry.getKey()),
                        unfolded(field.getOrDefault("value", "")));
            }
        }
        return more;
    }

    /** {@code order}: how many fields are before it, and negative from the last, which is -1; at the top without one. */
    private static int before(Map<String, Object> field, int size) {
        int order = (int) Json.number(field, "order").orElse(0);
        return order >= 0 ? order : Math.max(0, size + 1 + order);
    }

    private Headers byAction(Headers headers) {
        if (action.equals("add header")) {
            return spamFields(headers);
        }
        boolean rewrites = action.equals("rewrite subject") && reply.subject().isPresent();
        return rewrites ? headers.replace("Subject", unfolded(reply.subject().get())) : headers;
    }

    /** {@code spam_header}: another name than X-Spam, or names and values. */
    private Headers spamFields(Headers headers) {
        Object field = reply.milter().getOrDefault("spam_header", SPAM);
        Headers marked = headers;
        Map<String, Object> fields = Json.map(field).orElse(Map.of(field.toString(), "Yes"));
        for (Map.Entry<String, Object> one : fields.entrySet()) {
            String name = Printable.fieldName(one.getKey());
            marked = marked.without(name).prepend(name, unfolded(one.getValue()));
        }
        return marked;
    }

    private Message envelope(Message message) {
        Message changed = message;
        Optional<Mailbox> from = Json.text(reply.milter(), "change_from").map(Mailbox::of);
        if (from.isPresent()) {
            changed = changed.withSender(from.get());
        }
        for (Object gone : Json.list(reply.milter(), "del_rcpt")) {
            changed = changed.withoutRecipient(Mailbox.of(gone.toString()));
        }
        for (Object further : Json.list(reply.milter(), "add_rcpt")) {
            changed = changed.withRecipient(RcptTo.of(Mailbox.of(further.toString())));
        }
        return changed;
    }

    /** A value on one line, as octets of UTF-8 where it has other characters. */
    private static String unfolded(Object value) {
        String text = value.toString()
                .replaceAll("[\\r\\n]+[ \\t]*", " ")
                .replace("\0", "?")
                .strip();
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static <T> List<T> reversed(List<T> list) {
        List<T> backwards = new ArrayList<>(list);
        Collections.reverse(backwards);
        return backwards;
    }
}
