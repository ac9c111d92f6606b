package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.filters.dkim.HeaderFields.Choice;
import io.github.smtpproxy.filters.dkim.HeaderFields.Field;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Makes the signatures of one message. */
final class Signer {

    private final HeaderFields fields;
    private final List<String> names;
    private final byte[] bodyHash;
    private final Instant now;
    private final Optional<Instant> expiry;

    Signer(HeaderFields fields, List<String> names, byte[] bodyHash, Instant now, Optional<Instant> expiry) {
        this.fields = fields;
        this.names = names;
        this.bodyHash = bodyHash;
        this.now = now;
        this.expiry = expiry;
    }

    /** The signature fields, with a line end behind each, and behind them the section as it was. */
    byte[] above(byte[] section, List<DkimKey> keys) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] covered = covered();
        keys.forEach(key -> out.writeBytes(field(key, covered)));
        out.writeBytes(section);
        return out.toByteArray();
    }

    private byte[] field(DkimKey key, byte[] covered) {
        SigningKey signing = key.current();
        SignatureWriter writer = new SignatureWriter()
                .tag("v", "1")
                .tag("a", signing.algorithm().tag())
                .tag("c", "relaxed/relaxed")
                .tag("d", key.domain())
                .tag("s", key.selector())
                .tag("t", Long.toString(now.getEpochSecond()));
        expiry.ifPresent(x -> writer.tag("x", Long.toString(x.getEpochSecond())));
        writer.list("h", names).tag("bh", base64(bodyHash));
        ByteArrayOutputStream signed = new ByteArrayOutputStream();
        signed.writeBytes(covered);
        Canonicalization.RELAXED.write(Field.of(writer.unsigned()), signed);
        return writer.signed(base64(signing.sign(signed.toByteArray())));
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }

    /** What all signatures cover of the fields (RFC 6376 §3.7). */
    private byte[] covered() {
        Choice choice = fields.choice();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String name : names) {
            choice.next(name.toLowerCase(Locale.ROOT)).ifPresent(f -> Canonicalization.RELAXED.writeLine(f, out));
        }
        return out.toByteArray();
    }
}
