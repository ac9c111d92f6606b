package io.github.smtpproxy.tls;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** ASN.1 values in the one form that DER gives them (X.690 §10). */
final class Der {

    private static final int INTEGER = 2;
    private static final int BIT_STRING = 3;
    private static final int OCTET_STRING = 4;
    private static final int OID = 6;
    private static final int UTC_TIME = 0x17;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int SEQUENCE = 0x30;

    private static final DateTimeFormatter TWO_DIGITS =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter FOUR_DIGITS =
            DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    /** The first year that takes four digits in a certificate (RFC 5280 §4.1.2.5). */
    private static final int FOUR_DIGITS_FROM = 2050;

    private Der() {}

    static byte[] sequence(byte[]... parts) {
        return value(SEQUENCE, parts);
    }

    static byte[] integer(BigInteger number) {
        return value(INTEGER, number.toByteArray());
    }

    static byte[] octets(byte[]... parts) {
        return value(OCTET_STRING, parts);
    }

    /** All of the bits of these octets but the last ones. */
    static byte[] bits(int unused, byte[] octets) {
        return value(BIT_STRING, new byte[] {(byte) unused}, octets);
    }

    /** @param dotted such as {@code 2.5.29.17} */
    static byte[] oid(String dotted) {
        String[] arcs = dotted.split("\\.");
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(Integer.parseInt(arcs[0]) * 40 + Integer.parseInt(arcs[1]));
        for (int i = 2; i < arcs.length; i++) {
            int arc = Integer.parseInt(arcs[i]);
            for (int shift = 28; shift > 0; shift -= 7) {
                if (arc >> shift != 0) {
                    content.write(arc >> shift & 0x7F | 0x80);
                }
            }
            content.write(arc & 0x7F);
        }
        return value(OID, content.toByteArray());
    }

    static byte[] time(Instant at) {
        boolean four = at.atZone(ZoneOffset.UTC).getYear() >= FOUR_DIGITS_FROM;
        String text = (four ? FOUR_DIGITS : TWO_DIGITS).format(at);
        return value(four ? GENERALIZED_TIME : UTC_TIME, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** A value whose tag the context explains. */
    static byte[] tagged(int number, boolean constructed, byte[]... parts) {
        return value(0x80 | (constructed ? 0x20 : 0) | number, parts);
    }

    static byte[] value(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        int length = content.size();
        ByteArrayOutputStream der = new ByteArrayOutputStream();
        der.write(tag);
        if (length > 0x7F) {
            der.write(length > 0xFFFF ? 0x83 : length > 0xFF ? 0x82 : 0x81);
        }
        for (int shift = length > 0xFFFF ? 16 : length > 0xFF ? 8 : 0; shift >= 0; shift -= 8) {
            der.write(length >> shift);
        }
        der.writeBytes(content.toByteArray());
        return der.toByteArray();
    }
}
