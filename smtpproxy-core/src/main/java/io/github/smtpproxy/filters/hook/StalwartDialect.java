package io.github.smtpproxy.filters.hook;

import io.github.smtpproxy.json.Json;
import io.github.smtpproxy.json.JsonText;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Octets;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** The JSON of Stalwart's MTA hooks, version 1: the only place that knows its names. */
final class StalwartDialect {

    private StalwartDialect() {}

    /** @param raw whether the whole message is sent once more, as it is */
    static InputStream request(HookRequest request, boolean raw) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("context", context(request));
        request.envelope().ifPresent(envelope -> all.put("envelope", envelope(envelope)));
        if (request.message().isPresent()) {
            all.put("message", message(request.message().get(), raw));
        }
        return JsonText.of(all);
    }

    private static Map<String, Object> context(HookRequest request) {
        Map<String, Object> context = new LinkedHashMap<>();
        context.put("stage", request.stage().toString());
        Map<String, Object> client = address(request.client());
        client.put("ptr", Optional.empty());
        client.put("helo", request.hello());
        client.put("activeConnections", 1); // their type has no place for not known
        context.put("client", client);
        request.login().ifPresent(login -> context.put("sasl", Map.of("login", login)));
        request.tls().ifPresent(tls -> context.put("tls", encryption(tls)));
        Map<String, Object> server = address(request.server());
        server.put("name", "smtpproxy");
        context.put("server", server);
        context.put("queue", Map.of("id", request.id()));
        context.put("protocol", Map.of("version", 1));
        return context;
    }

    /** Empty text where it is not known. */
    private static Map<String, Object> address(InetSocketAddress socket) {
        boolean known = !socket.getAddress().isAnyLocalAddress();
        Map<String, Object> address = new LinkedHashMap<>();
        address.put("ip", known ? socket.getAddress().getHostAddress().replaceAll("%.*", "") : "");
        address.put("port", socket.getPort());
        return address;
    }

    private static Map<String, Object> encryption(Tls tls) {
        return Map.of("version", tls.protocol(), "cipher", tls.cipherSuite());
    }

    private static Map<String, Object> envelope(HookRequest.Envelope envelope) {
        MailFrom mail = envelope.mail();
        List<Object> to = new ArrayList<>();
        for (RcptTo rcpt : envelope.recipients()) {
            to.add(mailbox(rcpt.recipient().toString(), rcpt.parameters()));
        }
        String from = mail.sender().map(Mailbox::toString).orElse("");
        return Map.of("from", mailbox(from, mail.parameters()), "to", to);
    }

    private static Map<String, Object> mailbox(String address, Parameters parameters) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (String keyword : parameters.keywords()) {
            values.put(
                    keyword.toLowerCase(Locale.ROOT), parameters.value(keyword).map(Octets::decode));
        }
        return Map.of("address", address, "parameters", values);
    }

    private static Map<String, Object> message(Message message, boolean raw) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("headers", fields(message.headers()));
        all.put("serverHeaders", List.of());
        all.put("contents", new JsonText.Streamed(message.content()::open, false));
        all.put("size", size(message));
        if (raw) {
            all.put("raw", new JsonText.Streamed(message::open, true));
        }
        return all;
    }

    private static long size(Message message) throws IOException {
        try (InputStream octets = message.open()) {
            return octets.transferTo(OutputStream.nullOutputStream());
        }
    }

    private static List<Object> fields(Headers headers) {
        List<Object> fields = new ArrayList<>();
        headers.forEach((name, value) -> fields.add(List.of(Octets.decode(name), Octets.decode(value))));
        return fields;
    }

    /** @throws IOException if it is none, in whatever way */
    static HookAnswer answer(byte[] body) throws IOException {
        Map<String, Object> json = Json.object(body, body.length);
        try {
            List<HookChange> changes = new ArrayList<>();
            for (Object change : is(json, "modifications") ? Json.list(json, "modifications") : List.of()) {
                changes.add(change(object(change)));
            }
            return new HookAnswer(action(string(json, "action")), words(part(json, "response")), changes);
        } catch (IllegalArgumentException garbage) {
            throw (IOException)
                    new ProtocolException("the answer makes no sense: " + garbage.getMessage()).initCause(garbage);
        }
    }

    private static HookAction action(String word) {
        return switch (word) {
            case "accept" -> HookAction.ACCEPT;
            case "quarantine" -> HookAction.QUARANTINE;
            case "discard" -> HookAction.DISCARD;
            case "reject" -> HookAction.REJECT;
            default -> throw new IllegalArgumentException("action is not known");
        };
    }

    private static HookAnswer.Words words(Map<String, Object> response) {
        OptionalInt code = is(response, "status") ? OptionalInt.of(whole(response, "status")) : OptionalInt.empty();
        boolean disconnect = is(response, "disconnect") && bool(response.get("disconnect"));
        return new HookAnswer.Words(
                code, optional(response, "enhancedStatus"), optional(response, "message"), disconnect);
    }

    /** A field counts from 1 among those of its name, but an inserted one among all, as milters have it. */
    private static HookChange change(Map<String, Object> change) {
        return switch (string(change, "type")) {
            case "changeFrom" -> HookChange.sender(path(change), parameters(change));
            case "addRecipient", "addRcpt" -> HookChange.recipient(path(change), parameters(change));
            case "deleteRecipient", "deleteRcpt" -> HookChange.withoutRecipient(path(change));
            case "addHeader" -> HookChange.field(0, string(change, "name"), string(change, "value"));
            case "insertHeader" ->
                HookChange.field(whole(change, "index"), string(change, "name"), string(change, "value"));
            case "changeHeader" ->
                HookChange.changedField(place(change), string(change, "name"), string(change, "value"));
            case "deleteHeader" -> HookChange.withoutField(place(change), string(change, "name"));
            case "replaceContents" -> HookChange.contents(string(change, "value"));
            default -> throw new IllegalArgumentException("type of a modification is not known");
        };
    }

    /** An address, with angle brackets or without. */
    private static String path(Map<String, Object> change) {
        String value = string(change, "value");
        return value.startsWith("<") && value.endsWith(">") ? value.substring(1, value.length() - 1) : value;
    }

    private static List<String> parameters(Map<String, Object> change) {
        List<String> parameters = new ArrayList<>();
        part(change, "parameters").forEach((name, value) -> parameters.add(parameter(name, value)));
        return parameters;
    }

    private static String parameter(String name, Object value) {
        if (value instanceof Double number && number == Math.rint(number)) {
            return name + "=" + number.longValue();
        }
        if (value instanceof String text) {
            return name + "=" + text;
        }
        if (Optional.empty().equals(value) || Boolean.TRUE.equals(value)) {
            return name;
        }
        throw new IllegalArgumentException("value of a parameter must be a string, a whole number or null");
    }

    private static int place(Map<String, Object> change) {
        int place = whole(change, "index");
        if (place == 0) {
            throw new IllegalArgumentException("index of a field must be at least 1");
        }
        return place;
    }

    private static int whole(Map<String, Object> in, String name) {
        OptionalDouble number = Json.number(in, name);
        int whole = (int) number.orElse(-1);
        if (whole < 0 || whole != number.orElse(-1)) {
            throw new IllegalArgumentException(name + " must be a whole number");
        }
        return whole;
    }

    private static boolean is(Map<String, Object> in, String name) {
        return in.containsKey(name) && !Optional.empty().equals(in.get(name));
    }

    private static Optional<String> optional(Map<String, Object> in, String name) {
        return is(in, name) ? Optional.of(string(in, name)) : Optional.empty();
    }

    private static String string(Map<String, Object> in, String name) {
        return Json.text(in, name).orElseThrow(() -> new IllegalArgumentException(name + " must be a string"));
    }

    private static boolean bool(Object value) {
        if (value instanceof Boolean bool) {
            return bool;
        }
        throw new IllegalArgumentException("disconnect must be true or false");
    }

    /** The object of this name; empty where there is none. */
    private static Map<String, Object> part(Map<String, Object> in, String name) {
        return is(in, name) ? object(in.get(name)) : Map.of();
    }

    private static Map<String, Object> object(Object value) {
        return Json.map(value).orElseThrow(() -> new IllegalArgumentException("a part must be an object"));
    }
}
