package io.github.smtpproxy.filters.dkim;

import java.io.ByteArrayOutputStream;

/** ASN.1 values as keys have them (X.690 §10). */
final class Der {

    /** AlgorithmIdentifier of rsaEncryption (RFC 3279 §2.3.1). */
    private static final byte[] RSA = {
        0x30, 13, 6, 9, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 13, 1, 1, 1, 5, 0
    };

    private static final byte[] VERSION_0 = {2, 1, 0};
    private static final int SEQUENCE = 0x30;
    private static final int BIT_STRING = 3;
    private static final int OCTET_STRING = 4;

    private Der() {}

    /** SubjectPublicKeyInfo (RFC 5280 §4.1) around an RSAPublicKey (RFC 8017 appendix A.1.1). */
    static byte[] publicRsa(byte[] key) {
        return value(SEQUENCE, RSA, value(BIT_STRING, new byte[1], key));
    }

    /** PKCS#8 (RFC 5208 §5) around an RSAPrivateKey (RFC 8017 appendix A.1.2). */
    static byte[] privateRsa(byte[] key) {
        return value(SEQUENCE, VERSION_0, RSA, value(OCTET_STRING, key));
    }

    private static byte[] value(int tag, byte[]... parts) {
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
