package io.github.smtpproxy.differential;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The client's side of a SASL mechanism, in base64 as AUTH wants it (RFC 4954 §4). */
final class SaslClient {

    private final String initial;
    private final Deque<UnaryOperator<String>> answers;

    private SaslClient(String initial, List<UnaryOperator<String>> answers) {
        this.initial = initial;
        this.answers = new ArrayDeque<>(answers);
    }

    static SaslClient of(Step.Auth auth) {
        String user = auth.user();
        String password = auth.password();
        return switch (auth.mechanism().toUpperCase(java.util.Locale.ROOT)) {
            case "PLAIN" -> new SaslClient(encode("\0" + user + "\0" + password), List.of());
            case "LOGIN" -> new SaslClient("", List.of(challenge -> user, challenge -> password));
            case "CRAM-MD5" -> new SaslClient("", List.of(challenge -> cramMd5(user, password, challenge)));
            case "SCRAM-SHA-1" -> scram(new Scram("SHA-1", "HmacSHA1", user, password));
            case "SCRAM-SHA-256" -> scram(new Scram("SHA-256", "HmacSHA256", user, password));
            default -> throw new IllegalArgumentException("unknown mechanism " + auth.mechanism());
        };
    }

    /** The initial response; empty for none. */
    String initial() {
        return initial;
    }

    String answer(String challenge) {
        String decoded = new String(Base64.getMimeDecoder().decode(challenge), StandardCharsets.UTF_8);
        return encode(answers.isEmpty() ? "" : answers.poll().apply(decoded));
    }

    private static SaslClient scram(Scram scram) {
        return new SaslClient(encode(scram.first()), List.of(scram::last));
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String cramMd5(String user, String password, String challenge) {
        return user + " " + HexFormat.of().formatHex(hmac("HmacMD5", octets(password), octets(challenge)));
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] hmac(String algorithm, byte[] key, byte[] text) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key, algorithm));
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** RFC 5802 without channel binding. */
    private record Scram(String hash, String hmac, String user, String password) {

        private static final String NONCE = "fyko+d2lbbFgONRv9qkxdawL";

        String first() {
            return "n,," + bare();
        }

        private String bare() {
            return "n=" + user + ",r=" + NONCE;
        }

        String last(String server) {
            String[] parts = server.split(",");
            String withoutProof = "c=biws," + parts[0];
            byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
            byte[] clientKey = mac(salted(salt, Integer.parseInt(parts[2].substring(2))), octets("Client Key"));
            byte[] proof = mac(digest(clientKey), octets(bare() + "," + server + "," + withoutProof));
            xor(proof, clientKey);
            return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
        }

        private byte[] salted(byte[] salt, int iterations) {
            byte[] first = java.util.Arrays.copyOf(salt, salt.length + 4);
            first[salt.length + 3] = 1;
            byte[] round = mac(octets(password), first);
            byte[] all = round.clone();
            for (int i = 1; i < iterations; i++) {
                round = mac(octets(password), round);
                xor(all, round);
            }
            return all;
        }

        private byte[] mac(byte[] key, byte[] text) {
            return SaslClient.hmac(hmac, key, text);
        }

        private byte[] digest(byte[] octets) {
            try {
                return MessageDigest.getInstance(hash).digest(octets);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        private static void xor(byte[] into, byte[] with) {
            for (int i = 0; i < into.length; i++) {
                into[i] ^= with[i];
            }
        }
    }
}
