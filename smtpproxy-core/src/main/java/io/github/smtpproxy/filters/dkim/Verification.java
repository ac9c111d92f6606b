package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.dns.DnsAnswer;
import io.github.smtpproxy.dns.DnsAnswer.Status;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.dkim.DkimResult.Code;
import io.github.smtpproxy.filters.dkim.HeaderFields.Choice;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One signature on its way to its result, in the order of RFC 6376 §6.1: the field, the key, the body, the fields. */
final class Verification {

    /** Clocks differ. */
    private static final Duration DRIFT = Duration.ofMinutes(5);

    /** Records of one name that are tried: with more than one, which counts is undefined (RFC 6376 §3.6.2.2). */
    private static final int MAX_RECORDS = 2;

    private final SignatureField signature;
    private final HeaderFields fields;
    private final BodyHash body;
    private final CompletableFuture<DnsAnswer> keys;
    private final Duration limit;

    private Verification(
            SignatureField signature, HeaderFields fields, BodyHash body, Resolver resolver, String keyName) {
        this.signature = signature;
        this.fields = fields;
        this.body = body;
        this.keys = resolver.texts(keyName);
        this.limit = resolver.limit();
    }

    /**
     * Checks what the field says, and asks for the key.
     *
     * @throws InvalidSignatureException where the result is known without it
     */
    static Verification begin(
            SignatureField signature, HeaderFields fields, BodyHashes bodies, Resolver resolver, Instant now)
            throws InvalidSignatureException {
        signature.requireKnownKind();
        signature.algorithm();
        signature.signature();
        signature.bodyHash();
        signature.fields();
        signature.header();
        signature.isIdentityAtDomain();
        requireNow(signature, now);
        String keyName = signature.keyName();
        BodyHash body = bodies.want(signature.body(), signature.length().orElse(Long.MAX_VALUE));
        return new Verification(signature, fields, body, resolver, keyName);
    }

    private static void requireNow(SignatureField signature, Instant now) throws InvalidSignatureException {
        long seconds = now.getEpochSecond();
        long made = signature.time().orElse(seconds);
        if (signature.expiry().orElse(Long.MAX_VALUE) < seconds) {
            throw new InvalidSignatureException(Code.POLICY, "signature has expired");
        }
        if (made > seconds + DRIFT.toSeconds()) {
            throw new InvalidSignatureException(Code.POLICY, "signature is of the future");
        }
    }

    /**
     * Waits for the key, and verifies; the body has been read.
     *
     * @return a remark, or nothing
     * @throws InvalidSignatureException where it is not good
     */
    String finish() throws InvalidSignatureException {
        InvalidSignatureException failure = new InvalidSignatureException(Code.PERMERROR, "no key");
        Optional<byte[]> signed = Optional.empty();
        for (String record : records()) {
            try {
                KeyRecord key = KeyRecord.parse(record, signature.algorithm());
                if (key.strict() && !signature.isIdentityAtDomain()) {
                    throw new InvalidSignatureException(Code.PERMERROR, "key is not for a domain below its own");
                }
                requireBody();
                signed = Optional.of(signed.isPresent() ? signed.get() : signedFields());
                if (signature.algorithm().verifies(key.key(), signed.get(), signature.signature())) {
                    requireWholeBody();
                    return key.testing() ? "key is for tests" : "";
                }
                failure = new InvalidSignatureException(Code.FAIL, "signature does not match");
            } catch (InvalidSignatureException e) {
                if (e.code() == Code.FAIL || e.code() == Code.POLICY) {
                    throw e;
                }
                failure = failure.code() == Code.FAIL ? failure : e;
            }
        }
        throw failure;
    }

    private List<String> records() throws InvalidSignatureException {
        DnsAnswer answer = answer();
        if (answer.status() == Status.FAILED) {
            throw new InvalidSignatureException(Code.TEMPERROR, "no answer about the key");
        }
        return answer.values().stream().limit(MAX_RECORDS).toList();
    }

    private DnsAnswer answer() throws InvalidSignatureException {
        try {
            return keys.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InvalidSignatureException(Code.TEMPERROR, "interrupted while asking for the key");
        } catch (TimeoutException | ExecutionException e) {
            throw new InvalidSignatureException(Code.TEMPERROR, "no answer about the key");
        }
    }

    private void requireBody() throws InvalidSignatureException {
        if (signature.length().orElse(0) > body.octets()) {
            throw new InvalidSignatureException(Code.FAIL, "body is shorter than l=");
        }
        if (!MessageDigest.isEqual(signature.bodyHash(), body.hash())) {
            throw new InvalidSignatureException(Code.FAIL, "body hash does not match");
        }
    }

    /** What anybody may have added behind the signed part is not the signer's. */
    private void requireWholeBody() throws InvalidSignatureException {
        if (signature.length().orElse(Long.MAX_VALUE) < body.octets()) {
            throw new InvalidSignatureException(
                    Code.POLICY, "l= covers " + signature.length().getAsLong() + " of " + body.octets() + " octets");
        }
    }

    /** RFC 6376 §3.7. */
    private byte[] signedFields() throws InvalidSignatureException {
        Canonicalization canonicalization = signature.header();
        Choice choice = fields.choice().without(signature.field());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String name : signature.fields()) {
            choice.next(name).ifPresent(f -> canonicalization.writeLine(f, out));
        }
        canonicalization.write(signature.unsigned(), out);
        return out.toByteArray();
    }
}
