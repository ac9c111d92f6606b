package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.filters.dkim.DkimResult.Code;
import io.github.smtpproxy.filters.dkim.HeaderFields.Field;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.Mailbox;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** A DKIM-Signature field (RFC 6376 §3.5). What it says is read when it is asked for. */
final class SignatureField {

    static final String NAME = "dkim-signature";

    private static final int SHA256 = 32;
    /** RFC 5321 §4.5.3.1, three characters for each octet of the local part, and some more. */
    private static final int MAX_IDENTITY = 600;

    private final Field field;
    private final TagList tags;

    private SignatureField(Field field, TagList tags) {
        this.field = field;
        this.tags = tags;
    }

    static SignatureField parse(Field field) throws InvalidSignatureException {
        try {
            return new SignatureField(field, TagList.parse(field.text()));
        } catch (TagList.SyntaxException e) {
            throw syntax(e.getMessage());
        }
    }

    private static InvalidSignatureException syntax(String reason) {
        return new InvalidSignatureException(Code.NEUTRAL, "invalid signature field: " + reason);
    }

    Field field() {
        return field;
    }

    private String required(String tag) throws InvalidSignatureException {
        return required(tag, tags.value(tag));
    }

    /** One in which white space does not count. */
    private String requiredCompact(String tag) throws InvalidSignatureException {
        return required(tag, tags.compact(tag));
    }

    private static String required(String tag, Optional<String> value) throws InvalidSignatureException {
        return value.filter(v -> !v.isEmpty()).orElseThrow(() -> syntax("no " + tag + "="));
    }

    /** Checks the version, which has to be known before anything else is used, and the query method. */
    void requireKnownKind() throws InvalidSignatureException {
        if (!required("v").equals("1")) {
            throw syntax("version is not 1");
        }
        List<String> methods = split(tags.compact("q").orElse("dns/txt"));
        if (!methods.contains("dns/txt")) {
            throw syntax("no known query method");
        }
    }

    Algorithm algorithm() throws InvalidSignatureException {
        String tag = required("a").toLowerCase(Locale.ROOT);
        if (tag.equals("rsa-sha1")) {
            throw new InvalidSignatureException(Code.PERMERROR, "rsa-sha1 is not secure");
        }
        for (Algorithm known : Algorithm.values()) {
            if (known.tag().equals(tag)) {
                return known;
            }
        }
        throw syntax("algorithm is not known");
    }

    /** The signature itself. */
    byte[] signature() throws InvalidSignatureException {
        return base64("b");
    }

    byte[] bodyHash() throws InvalidSignatureException {
        byte[] hash = base64("bh");
        if (hash.length != SHA256) {
            throw syntax("bh= is no SHA-256");
        }
        return hash;
    }

    private byte[] base64(String tag) throws InvalidSignatureException {
        try {
            return Base64.getDecoder().decode(requiredCompact(tag));
        } catch (IllegalArgumentException e) {
            throw syntax(tag + "= is not Base64");
        }
    }

    Canonicalization header() throws InvalidSignatureException {
        return canonicalization(0);
    }

    Canonicalization body() throws InvalidSignatureException {
        return canonicalization(1);
    }

    private Canonicalization canonicalization(int index) throws InvalidSignatureException {
        String[] both =
                tags.value("c").orElse("simple/simple").toLowerCase(Locale.ROOT).split("/", -1);
        String one = index < both.length ? both[index] : "simple";
        if (both.length > 2 || !one.equals("simple") && !one.equals("relaxed")) {
            throw syntax("canonicalization is not known");
        }
        return one.equals("simple") ? Canonicalization.SIMPLE : Canonicalization.RELAXED;
    }

    /** In lower case, with A-labels (RFC 8616 §5). */
    String domain() throws InvalidSignatureException {
        return ascii(required("d")).filter(HostName::isValid).orElseThrow(() -> syntax("d= is no domain"));
    }

    /** In lower case, with A-labels. */
    String selector() throws InvalidSignatureException {
        return ascii(required("s")).orElseThrow(() -> syntax("s= is no selector"));
    }

    /** Where the key is. */
    String keyName() throws InvalidSignatureException {
        String name = selector() + "._domainkey." + domain();
        if (!HostName.isValid(name)) {
            throw syntax("d= and s= are no name");
        }
        return name;
    }

    private static Optional<String> ascii(String domain) {
        try {
            return Optional.of(Mailbox.parse("x@" + domain).asciiDomain());
        } catch (IllegalArgumentException none) {
            return Optional.empty();
        }
    }

    /** On whose behalf; {@code @} and the domain where it does not say. One that is no address for its length is invalid. */
    String identity() throws InvalidSignatureException {
        String identity = tags.compact("i").orElse("@" + domain());
        if (identity.length() > MAX_IDENTITY) {
            throw syntax("i= is too long");
        }
        return identity;
    }

    /** Whether the identity is at the domain itself, not at one below it. */
    boolean isIdentityAtDomain() throws InvalidSignatureException {
        String identity = identity();
        String domain = domain();
        String at = ascii(identity.substring(identity.lastIndexOf('@') + 1)).orElse("");
        if (identity.indexOf('@') < 0 || !at.equals(domain) && !at.endsWith("." + domain)) {
            throw new InvalidSignatureException(Code.PERMERROR, "i= is not within d=");
        }
        return at.equals(domain);
    }

    /** The names of the fields that it covers, in lower case. */
    List<String> fields() throws InvalidSignatureException {
        List<String> names = split(requiredCompact("h").toLowerCase(Locale.ROOT));
        if (names.stream().anyMatch(String::isEmpty)) {
            throw syntax("h= has an empty name");
        }
        if (!names.contains("from")) {
            throw new InvalidSignatureException(Code.PERMERROR, "From is not signed");
        }
        return names;
    }

    private static List<String> split(String colonSeparated) {
        return Stream.of(colonSeparated.split(":", -1)).toList();
    }

    /** How many octets of the body it covers; all of them if that is empty. */
    OptionalLong length() throws InvalidSignatureException {
        return number("l", 76);
    }

    /** When it was made, in seconds. */
    OptionalLong time() throws InvalidSignatureException {
        return number("t", 12);
    }

    /** When it expires. */
    OptionalLong expiry() throws InvalidSignatureException {
        OptionalLong expiry = number("x", 12);
        if (expiry.isPresent() && time().isPresent() && expiry.getAsLong() <= time().getAsLong()) {
            throw syntax("x= is not behind t=");
        }
        return expiry;
    }

    private OptionalLong number(String tag, int digits) throws InvalidSignatureException {
        Optional<String> value = tags.value(tag);
        if (value.isEmpty()) {
            return OptionalLong.empty();
        }
        String text = value.get();
        if (text.isEmpty() || text.length() > digits || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw syntax(tag + "= is no number");
        }
        String significant = text.replaceFirst("^0+(?=.)", "");
        return OptionalLong.of(significant.length() > 18 ? Long.MAX_VALUE : Long.parseLong(significant));
    }

    /** The field as it was when it was signed: without the signature itself, and the white space around it (§3.7). */
    Field unsigned() {
        int from = field.value() + tags.from("b");
        int to = field.value() + tags.to("b");
        byte[] octets = new byte[field.to() - field.from() - (to - from)];
        System.arraycopy(field.in(), field.from(), octets, 0, from - field.from());
        System.arraycopy(field.in(), to, octets, from - field.from(), field.to() - to);
        return new Field(octets, 0, field.value() - field.from(), octets.length, field.name());
    }

    /** A tag as it is, without white space; empty where it is not there. */
    String shown(String tag) {
        return tags.compact(tag).orElse("");
    }
}
