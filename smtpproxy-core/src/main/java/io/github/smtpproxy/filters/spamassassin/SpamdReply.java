package io.github.smtpproxy.filters.spamassassin;

import io.github.smtpproxy.message.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What spamd replies to HEADERS (its PROTOCOL document).
 *
 * @param spam whether spamd calls it spam
 * @param score may be negative
 * @param threshold from which spamd calls it spam
 * @param headers the header section as SpamAssassin would deliver it
 */
record SpamdReply(boolean spam, double score, double threshold, Headers headers) {

    private static final int MAX = 1 << 20;
    private static final Pattern STATUS = Pattern.compile("SPAMD/\\d+\\.\\d+ (\\d{1,4}) .*");
    private static final String NUMBER = "(-?\\d{1,9}(?:\\.\\d{1,9})?)";
    private static final Pattern SPAM = Pattern.compile(
            "(?im)^Spam:[ \\t]*(True|Yes|False|No)[ \\t]*;[ \\t]*" + NUMBER + "[ \\t]*/[ \\t]*" + NUMBER + "[ \\t]*$");

    /** Reads it to its end. */
    static SpamdReply read(InputStream in) throws IOException {
        byte[] octets = in.readNBytes(MAX + 1);
        if (octets.length > MAX) {
            throw new ProtocolException("spamd's reply has more than " + MAX + " octets");
        }
        String text = new String(octets, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new ProtocolException("spamd closed before its reply was complete");
        }
        String head = text.substring(0, end).replace("\r\n", "\n");
        requireOk(head);
        return read(head, text.substring(end + 4));
    }

    /** The code is one of sysexits(3). */
    private static void requireOk(String head) throws ProtocolException {
        String first = head.lines().findFirst().orElse("");
        Matcher m = STATUS.matcher(first);
        if (!m.matches() || Integer.parseInt(m.group(1)) != 0) {
            throw new ProtocolException("spamd replied: " + first);
        }
    }

    private static SpamdReply read(String head, String section) throws ProtocolException {
        Matcher m = SPAM.matcher(head);
        if (!m.find()) {
            throw new ProtocolException("spamd's reply has no verdict");
        }
        boolean spam = m.group(1).equalsIgnoreCase("True") || m.group(1).equalsIgnoreCase("Yes");
        try {
            String lines = section.replace("\r\n", "\n").replace("\n", "\r\n");
            Headers headers = Headers.parse(lines.getBytes(StandardCharsets.ISO_8859_1));
            return new SpamdReply(spam, Double.parseDouble(m.group(2)), Double.parseDouble(m.group(3)), headers);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("spamd's reply has no header section: " + e.getMessage());
        }
    }
}
