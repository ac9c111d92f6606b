package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.filters.dkim.HeaderFields.Field;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** What counts of a message's form (RFC 6376 §3.4). */
enum Canonicalization {
    /** All octets of fields; of the body all but empty lines at its end. */
    SIMPLE {
        @Override
        void write(Field field, ByteArrayOutputStream out) {
            out.write(field.in(), field.from(), field.textEnd() - field.from());
        }
    },
    /** White space, as far as it separates, and the case of names do not count. */
    RELAXED {
        @Override
        void write(Field field, ByteArrayOutputStream out) {
            out.writeBytes(field.name().getBytes(StandardCharsets.ISO_8859_1));
            out.write(':');
            boolean text = false;
            boolean space = false;
            for (int i = field.value(); i < field.to(); i++) {
                byte c = field.in()[i];
                boolean lineEnd = c == '\n' || c == '\r' && i + 1 < field.to() && field.in()[i + 1] == '\n';
                if (HeaderFields.isSpace(c)) {
                    space = true;
                } else if (!lineEnd) {
                    if (space && text) {
                        out.write(' ');
                    }
                    out.write(c);
                    space = false;
                    text = true;
                }
            }
        }
    };

    /** Writes a field without its last line end. */
    abstract void write(Field field, ByteArrayOutputStream out);

    /** Writes a field with its line end. */
    void writeLine(Field field, ByteArrayOutputStream out) {
        write(field, out);
        out.write('\r');
        out.write('\n');
    }
}
