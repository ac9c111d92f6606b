package io.github.smtpproxy.testing;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Signs as others do, or as nobody should: with any tags. It shares nothing with the code under test, takes whole messages as
 * text, one char for each octet, and is slow.
 */
public final class ForeignSigner {

    private ForeignSigner() {}

    /** A pair of keys. */
    public static KeyPair rsa(int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A pair of keys. */
    public static KeyPair ed25519() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The key as key records have it. */
    public static String published(KeyPair keys) {
        byte[] info = keys.getPublic().getEncoded();
        boolean rsa = keys.getPublic().getAlgorithm().equals("RSA");
        return base64(rsa ? info : Arrays.copyOfRange(info, info.length - 32, info.length));
    }

    /** Tags that a good signature has; {@code ?} is computed when it is signed. */
    public static Map<String, String> tags(String domain, String selector) {
        Map<String, String> tags = new LinkedHashMap<>();
        tags.put("v", "1");
        tags.put("a", "rsa-sha256");
        tags.put("c", "relaxed/relaxed");
        tags.put("d", domain);
        tags.put("s", selector);
        tags.put("h", "From:To:Subject:From");
        tags.put("bh", "?");
        tags.put("b", "?");
        return tags;
    }

    /** The message with a signature before it. */
    public static String sign(PrivateKey key, Map<String, String> tags, String message) {
        String[] c = (tags.getOrDefault("c", "simple/simple") + "/simple").split("/");
        int end = message.indexOf("\r\n\r\n");
        Map<String, String> all = new LinkedHashMap<>(tags);
        all.replace("bh", "?", bodyHash(c[1], tags.get("l"), message.substring(end + 4)));
        boolean signs = all.remove("b", "?");
        if (signs) {
            all.put("b", "");
        }
        String field = "DKIM-Signature: "
                + all.entrySet().stream()
                        .map(t -> t.getKey() + "=" + t.getValue())
                        .collect(Collectors.joining(";\r\n\t"));
        if (signs) {
            field += base64(signature(key, fields(c[0], tags, message.substring(0, end + 2)) + canonical(c[0], field)));
        }
        return field + "\r\n" + message;
    }

    private static String bodyHash(String canonicalization, String length, String body) {
        String text = body;
        if (canonicalization.equals("relaxed")) {
            text = text.replaceAll("[ \t]+(?=\r\n|\\z)", "").replaceAll("[ \t]+", " ");
        }
        text = text.replaceAll("(\r\n)+\\z", "");
        text += text.isEmpty() && canonicalization.equals("relaxed") ? "" : "\r\n";
        boolean cut = length != null && length.matches("[0-9]{1,9}") && Integer.parseInt(length) < text.length();
        return base64(sha256(cut ? text.substring(0, Integer.parseInt(length)) : text));
    }

    private static String fields(String canonicalization, Map<String, String> tags, String section) {
        List<String> fields = new ArrayList<>(List.of(section.split("\r\n(?![ \t])")));
        Collections.reverse(fields);
        StringBuilder chosen = new StringBuilder();
        for (String name : tags.getOrDefault("h", "").strip().split("[ \t\r\n]*:[ \t\r\n]*")) {
            for (String field : fields) {
                if (field.toLowerCase(Locale.ROOT).matches("(?s)" + name.toLowerCase(Locale.ROOT) + "[ \t]*:.*")) {
                    chosen.append(canonical(canonicalization, field)).append("\r\n");
                    fields.remove(field);
                    break;
                }
            }
        }
        return chosen.toString();
    }

    private static String canonical(String canonicalization, String field) {
        if (!canonicalization.equals("relaxed")) {
            return field;
        }
        int colon = field.indexOf(':');
        String value = field.substring(colon + 1).replace("\r\n", "").replaceAll("[ \t]+", " ");
        return field.substring(0, colon).toLowerCase(Locale.ROOT).strip() + ":" + value.strip();
    }

    private static byte[] signature(PrivateKey key, String text) {
        try {
            boolean rsa = key.getAlgorithm().equals("RSA");
            Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "Ed25519");
            signature.initSign(key);
            signature.update(rsa ? octets(text) : sha256(text));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }
}
