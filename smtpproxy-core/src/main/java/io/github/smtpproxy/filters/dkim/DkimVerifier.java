package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.dkim.DkimResult.Code;
import io.github.smtpproxy.filters.dkim.HeaderFields.Field;
import io.github.smtpproxy.message.Message;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Verifies the DKIM signatures of messages (RFC 6376): RSA and Ed25519 with SHA-256, each canonicalization. A signature with
 * {@code rsa-sha1} or with an RSA key of less than 1,024 bits (RFC 8301), or one that covers a part of the body only, is not
 * accepted. Of a message's signatures the first 8 are looked at. Immutable; any thread.
 */
public final class DkimVerifier {

    private static final int MAX_SIGNATURES = 8;
    /** RFC 6008 §4. */
    private static final int SHOWN = 8;

    private static final int MOST_SHOWN = 64;

    private final Resolver resolver;
    private final Clock clock;

    private DkimVerifier(Resolver resolver, Clock clock) {
        this.resolver = resolver;
        this.clock = clock;
    }

    /** Verifies with keys that this resolver asks for, all of a message at once, within its limit of time. */
    public static DkimVerifier with(Resolver resolver) {
        return new DkimVerifier(Objects.requireNonNull(resolver, "resolver"), Clock.systemUTC());
    }

    /** This with another clock, by which signatures expire; the system's by default. */
    public DkimVerifier at(Clock other) {
        return new DkimVerifier(resolver, Objects.requireNonNull(other, "clock"));
    }

    /**
     * The results of a message's signatures, from the top; one of {@link Code#NONE} where there are none. The body is read once,
     * whatever they want of it, and not at all where no signature can be good. Of a message that is larger than the endpoint
     * may keep, none is: {@link Code#POLICY}.
     *
     * @throws RuntimeException if the body cannot be had, as {@link io.github.smtpproxy.message.Content#open} has it; nothing
     *     else of the message makes it throw
     */
    public List<DkimResult> verify(Message message) {
        Objects.requireNonNull(message, "message");
        HeaderFields fields = HeaderFields.parse(message.headers().toBytes());
        List<Field> signatures = fields.named(SignatureField.NAME);
        if (signatures.isEmpty()) {
            return List.of(DkimResult.none());
        }
        BodyHashes bodies = new BodyHashes();
        Instant now = clock.instant();
        List<Candidate> candidates = signatures.stream()
                .limit(MAX_SIGNATURES)
                .map(f -> candidate(f, fields, bodies, now))
                .toList();
        if (!bodies.isEmpty() && !message.keepUpTo(Long.MAX_VALUE)) {
            candidates = candidates.stream().map(Candidate::tooLarge).toList();
        } else {
            bodies.compute(message.content());
        }
        return results(candidates, signatures.size() - candidates.size());
    }

    private static List<DkimResult> results(List<Candidate> candidates, int ignored) {
        int shown = shown(candidates);
        List<DkimResult> results = new ArrayList<>();
        for (Candidate candidate : candidates) {
            boolean last = results.size() == candidates.size() - 1;
            String more = last && ignored > 0 ? "signatures behind this one are ignored: " + ignored : "";
            results.add(candidate.result(shown, more));
        }
        return List.copyOf(results);
    }

    /** How much of each is shown, so that no two look alike. */
    private static int shown(List<Candidate> candidates) {
        int length = SHOWN;
        while (length < MOST_SHOWN && !differ(candidates, length)) {
            length += SHOWN;
        }
        return length;
    }

    private static boolean differ(List<Candidate> candidates, int length) {
        Set<String> seen = new HashSet<>();
        return candidates.stream().allMatch(c -> seen.add(c.start(length)));
    }

    private Candidate candidate(Field field, HeaderFields fields, BodyHashes bodies, Instant now) {
        Optional<SignatureField> signature = Optional.empty();
        try {
            SignatureField parsed = SignatureField.parse(field);
            signature = Optional.of(parsed);
            return new Candidate(
                    signature,
                    Optional.of(Verification.begin(parsed, fields, bodies, resolver, now)),
                    Optional.empty());
        } catch (InvalidSignatureException e) {
            return new Candidate(signature, Optional.empty(), Optional.of(e));
        }
    }

    /**
     * A signature and what is known of it: it is being verified, or has failed.
     *
     * @param signature empty where the field cannot be read
     */
    private record Candidate(
            Optional<SignatureField> signature,
            Optional<Verification> verification,
            Optional<InvalidSignatureException> failure) {

        String start(int length) {
            String b = signature.map(s -> s.shown("b")).orElse("");
            return b.substring(0, Math.min(length, b.length()));
        }

        DkimResult result(int shown, String more) {
            try {
                if (failure.isPresent()) {
                    throw failure.get();
                }
                return result(Code.PASS, verification.orElseThrow().finish(), shown, more);
            } catch (InvalidSignatureException e) {
                return result(e.code(), e.getMessage(), shown, more);
            }
        }

        private DkimResult result(Code code, String reason, int shown, String more) {
            String why = reason.isEmpty() || more.isEmpty() ? reason + more : reason + "; " + more;
            String domain = read(SignatureField::domain);
            return new DkimResult(
                    code,
                    domain,
                    read(SignatureField::selector),
                    read(SignatureField::identity),
                    signature.map(s -> s.shown("a")).orElse(""),
                    start(shown),
                    why);
        }

        /** This where the body cannot be read. */
        Candidate tooLarge() {
            Optional<InvalidSignatureException> why = failure.or(() ->
                    Optional.of(new InvalidSignatureException(Code.POLICY, "the message is too large to be kept")));
            return new Candidate(signature, Optional.empty(), why);
        }

        private interface Reading {
            String of(SignatureField field) throws InvalidSignatureException;
        }

        private String read(Reading reading) {
            try {
                return signature.isPresent() ? reading.of(signature.get()) : "";
            } catch (InvalidSignatureException unreadable) {
                return "";
            }
        }
    }
}
