package io.github.smtpproxy.filters.dkim;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a DKIM-Signature field, folded before a line gets longer than 78 characters (RFC 5322 §2.1.1) where that can be. */
final class SignatureWriter {

    private static final int LINE = 78;
    private static final String FOLD = "\r\n\t";

    private final StringBuilder field = new StringBuilder("DKIM-Signature:");
    private int column = field.length();

    /** A tag whose value must stay together. */
    SignatureWriter tag(String name, String value) {
        token(" ", name + "=" + value + ";");
        return this;
    }

    /** A tag whose value is a list. */
    SignatureWriter list(String name, List<String> items) {
        for (int i = 0; i < items.size(); i++) {
            boolean last = i == items.size() - 1;
            token(i == 0 ? " " : "", (i == 0 ? name + "=" : "") + items.get(i) + (last ? ";" : ":"));
        }
        return this;
    }

    private void token(String separator, String token) {
        if (column + separator.length() + token.length() > LINE) {
            fold();
        } else {
            append(separator);
        }
        append(token);
    }

    private void fold() {
        field.append(FOLD);
        column = 1;
    }

    private void append(String text) {
        field.append(text);
        column += text.length();
    }

    /** The field as it is signed: {@code b=} is the last tag, and empty. */
    byte[] unsigned() {
        fold();
        append("b=");
        return octets();
    }

    /** The field with its signature, and its line end. */
    byte[] signed(String signature) {
        for (int i = 0; i < signature.length(); ) {
            if (column == LINE) {
                fold();
            }
            int end = Math.min(signature.length(), i + LINE - column);
            append(signature.substring(i, end));
            i = end;
        }
        field.append("\r\n");
        return octets();
    }

    private byte[] octets() {
        return field.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
