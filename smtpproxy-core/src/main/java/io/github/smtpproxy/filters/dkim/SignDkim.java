package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.event.Verdict;
import io.github.smtpproxy.event.Verdict.Decision;
import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Session;
import io.github.smtpproxy.session.Transaction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs messages with DKIM (RFC 6376), with the key of the domain in From: a field is put before all others, and no octet of
 * the message changes. {@code relaxed/relaxed}, the whole body, and no field of those that count can be added later. Filters
 * that change the message must come before this one. Only clients that are trusted get a signature, and only where the
 * envelope's sender is of the same domain. A message that cannot be signed goes on unsigned; the log and a verdict say why.
 * Immutable: each setting makes another filter, which shares the keys. Any thread.
 *
 * <p>The message is received whole before its begin goes on, and kept as {@code Endpoint.spoolMemory} has it.
 */
public final class SignDkim implements ContentFilter, Cloneable {

    private static final Logger log = LoggerFactory.getLogger(SignDkim.class);
    private static final Duration LONGEST = Duration.ofDays(3650);

    /** Fields that a signature covers, at most: more of one name are a mistake, or an attack. */
    private static final int MOST_FIELDS = 500;

    private final BiFunction<Message, Transaction, List<DkimKey>> choice;
    // changed in a fresh copy only, before anybody else sees it
    private Map<String, List<DkimKey>> domains = Map.of();
    private Map<String, List<DkimKey>> users = Map.of();
    private Predicate<Session> clients = Clients.trusted();
    private boolean subdomains;
    private boolean anyEnvelope;
    private boolean refuseUnsigned;
    private Optional<Duration> validity = Optional.empty();
    private Clock clock = Clock.systemUTC();

    private SignDkim(BiFunction<Message, Transaction, List<DkimKey>> choice) {
        this.choice = choice;
    }

    /**
     * Signs mail from the domains of these keys, with all keys of the domain: RSA first, Ed25519 only beside RSA.
     *
     * @throws IllegalArgumentException where a domain has no RSA key, more than 4 keys, or one twice
     */
    public static SignDkim with(DkimKey... keys) {
        Map<String, List<DkimKey>> domains = SigningKeys.byDomain(keys);
        return new SignDkim((message, transaction) -> List.of()).with(s -> s.domains = domains);
    }

    /**
     * Signs each message with the keys that this function gives for it, whatever domain it is from; with none where it gives
     * none. It runs on the session's thread. What it gives is held to the rules of {@link #with(DkimKey...)}, or the message is
     * answered as one whose filter failed.
     */
    public static SignDkim by(BiFunction<Message, Transaction, List<DkimKey>> choice) {
        return new SignDkim(Objects.requireNonNull(choice, "choice"));
    }

    /**
     * This with keys for one who has logged in, whatever domain his mail is from, in place of the domain's.
     *
     * @param identity as {@link Session#identity()} gives it
     * @throws IllegalArgumentException as {@link #with(DkimKey...)} does
     */
    public SignDkim forUser(String identity, DkimKey... keys) {
        Objects.requireNonNull(identity, "identity");
        List<DkimKey> together = SigningKeys.together(SigningKeys.copy(keys));
        Map<String, List<DkimKey>> more = new TreeMap<>(users);
        more.put(identity, together);
        return with(s -> s.users = more);
    }

    /** This, signing mail from domains below those of the keys too, with the key of the nearest. */
    public SignDkim subdomains() {
        return with(s -> s.subdomains = true);
    }

    /**
     * This with other clients whose mail is signed, {@link Clients#trusted()} by default. Whoever is one of them can send in the
     * name of the domains.
     */
    public SignDkim clients(Predicate<Session> trusted) {
        Objects.requireNonNull(trusted, "clients");
        return with(s -> s.clients = trusted);
    }

    /** This, signing also where the envelope's sender is of another domain than From. The null sender is of any. */
    public SignDkim anyEnvelope() {
        return with(s -> s.anyEnvelope = true);
    }

    /** This, refusing with {@code 550 5.7.1} what it should sign and cannot. */
    public SignDkim refuseUnsigned() {
        return with(s -> s.refuseUnsigned = true);
    }

    /** This with signatures that expire after a time, an hour at least and 10 years at most; by default they do not. */
    public SignDkim expiresAfter(Duration time) {
        TimeLimit.check("expiry", time, LONGEST);
        if (time.compareTo(Duration.ofHours(1)) < 0) {
            throw new IllegalArgumentException("expiry must be at least PT1H, was " + time);
        }
        return with(s -> s.validity = Optional.of(time));
    }

    /** This with another clock, the system's by default. */
    public SignDkim at(Clock other) {
        Objects.requireNonNull(other, "clock");
        return with(s -> s.clock = other);
    }

    private SignDkim with(Consumer<SignDkim> change) {
        try {
            SignDkim copy = (SignDkim) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * Reads all key files again, at once.
     *
     * @throws IllegalStateException where one cannot be used: its key stays in use, and files behind it are not read
     */
    public void reload() {
        keys().forEach(DkimKey::reload);
    }

    /**
     * Asks the DNS for the public halves of all keys, at the same time, and waits for the answers.
     *
     * @return this
     * @throws IllegalStateException where one is missing, is of another key, or could not be had; it names all of them
     */
    public SignDkim verifyDns(Resolver resolver) {
        Objects.requireNonNull(resolver, "resolver");
        if (keys().findAny().isEmpty()) {
            throw new IllegalStateException(
                    "DKIM keys cannot be asked for: those that a function chooses are known with a" + " message only");
        }
        List<CompletableFuture<Optional<String>>> asked =
                keys().map(key -> key.dnsFault(resolver)).toList();
        String faults = asked.stream()
                .map(CompletableFuture::join)
                .flatMap(Optional::stream)
                .collect(Collectors.joining("; "));
        if (!faults.isEmpty()) {
            throw new IllegalStateException("DKIM keys are not published: " + faults);
        }
        return this;
    }

    private Stream<DkimKey> keys() {
        return Stream.concat(domains.values().stream(), users.values().stream())
                .flatMap(List::stream)
                .distinct();
    }

    @Override
    public Reply data(Message message, TransactionChain<Message> next) {
        if (!clients.test(next.session())) {
            return next.proceed(message);
        }
        long began = System.nanoTime();
        byte[] section = message.headers().toBytes();
        HeaderFields fields = HeaderFields.parse(section);
        Optional<String> author = AuthorDomain.of(fields);
        List<DkimKey> keys = keys(author, message, next.transaction());
        if (keys.isEmpty() && (author.isPresent() || domains.isEmpty())) {
            return next.proceed(message);
        }
        Signing signing = new Signing(message, fields, keys);
        Optional<String> obstacle = signing.obstacle(author);
        Verdict verdict = Verdict.of(
                        "SignDkim", obstacle.isPresent() && refuseUnsigned ? Decision.REFUSE : Decision.PASS)
                .rule(obstacle.map(why -> "unsigned: " + why).orElseGet(() -> "signed: " + keys))
                .took(Duration.ofNanos(System.nanoTime() - began));
        next.verdict(verdict);
        return obstacle.isPresent() ? unsigned(obstacle.get(), message, next) : next.proceed(signing.signed(section));
    }

    private Reply unsigned(String why, Message message, TransactionChain<Message> next) {
        String id = next.transaction().id();
        log.info("{}: not signed: {}", id, why);
        return refuseUnsigned
                ? Reply.refusal(550, "5.7.1", "Message cannot be signed: " + why + " (" + id + ")")
                : next.proceed(message);
    }

    private List<DkimKey> keys(Optional<String> author, Message message, Transaction transaction) {
        List<DkimKey> chosen = Objects.requireNonNull(choice.apply(message, transaction), "keys");
        if (!chosen.isEmpty()) {
            return SigningKeys.together(chosen);
        }
        Optional<List<DkimKey>> own = transaction.session().identity().map(users::get);
        return own.or(() -> author.map(this::ofDomain)).orElse(List.of());
    }

    private List<DkimKey> ofDomain(String domain) {
        List<DkimKey> keys = domains.getOrDefault(domain, List.of());
        int dot = domain.indexOf('.');
        return keys.isEmpty() && subdomains && dot >= 0 ? ofDomain(domain.substring(dot + 1)) : keys;
    }

    /** One message that should be signed. */
    private final class Signing {

        private final Message message;
        private final HeaderFields fields;
        private final List<DkimKey> keys;
        private final List<String> names;
        private byte[] bodyHash = new byte[0];

        Signing(Message message, HeaderFields fields, List<DkimKey> keys) {
            this.message = message;
            this.fields = fields;
            this.keys = keys;
            this.names = SignedNames.of(fields);
        }

        /** Why it cannot be signed. The body is read only where nothing else is in the way. */
        Optional<String> obstacle(Optional<String> author) {
            if (author.isEmpty()) {
                return Optional.of("From does not name one domain");
            }
            if (!anyEnvelope && !isOf(author.get())) {
                return Optional.of("the envelope's sender is not of the domain in From");
            }
            if (!fields.isSound()) {
                return Optional.of("the header section has a line that is no field, or a bare line end");
            }
            if (names.size() > MOST_FIELDS) {
                return Optional.of("the header section has too many fields of one name");
            }
            if (!message.keepUpTo(Long.MAX_VALUE)) {
                return Optional.of("the message is too large to be kept");
            }
            BodyHash body = BodyHash.relaxed(message.content());
            bodyHash = body.hash();
            return body.isBare() && !isBinary() ? Optional.of("the body has a bare line end") : Optional.empty();
        }

        private boolean isOf(String domain) {
            return message.mail()
                    .sender()
                    .map(Mailbox::asciiDomain)
                    .orElse(domain)
                    .equals(domain);
        }

        /** Of such a body no octet is a line end that anybody may change (RFC 3030 §3). */
        private boolean isBinary() {
            return message.mail()
                    .parameters()
                    .value("BODY")
                    .filter("BINARYMIME"::equalsIgnoreCase)
                    .isPresent();
        }

        Message signed(byte[] section) {
            Instant now = clock.instant();
            Signer signer = new Signer(fields, names, bodyHash, now, validity.map(now::plus));
            return message.withHeaders(Headers.parse(signer.above(section, keys)));
        }
    }
}
