package io.github.smtpproxy.throttling;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.event.Refusal;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.IpLiteral;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.session.Transaction;
import io.github.smtpproxy.throttle.Step;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Who is counted together: a name, and the value that a step has. A step that has none is not limited by it: there is no HELO
 * name yet, the sender is the null path, nobody has logged in, or where the client is cannot be known. Immutable.
 */
public final class LimitKey {

    /** From which step on it can be known. */
    enum From {
        /** One's own: who knows. */
        ANY,
        CONNECT,
        COMMANDS,
        MAIL,
        RCPT
    }

    private static final int MAX_NAME = 20;

    private final String name;
    private final From from;
    private final Function<Step, Optional<String>> value;

    private LimitKey(String name, From from, Function<Step, Optional<String>> value) {
        this.name = name;
        this.from = from;
        this.value = value;
    }

    /** The client's address. */
    public static LimitKey client() {
        return new LimitKey("client", From.CONNECT, step -> address(step).map(IpLiteral::text));
    }

    /**
     * The client's network.
     *
     * @param ipv4Bits how many leading bits of an IPv4 address count, 0 to 32
     * @param ipv6Bits how many of an IPv6 address, 0 to 128
     */
    public static LimitKey network(int ipv4Bits, int ipv6Bits) {
        check("ipv4Bits", ipv4Bits, 32);
        check("ipv6Bits", ipv6Bits, 128);
        return new LimitKey(
                "network",
                From.CONNECT,
                step -> address(step)
                        .map(a -> AddressRange.around(a, a.getAddress().length == 4 ? ipv4Bits : ipv6Bits)
                                .toString()));
    }

    private static void check(String setting, int bits, int most) {
        if (bits < 0 || bits > most) {
            throw new IllegalArgumentException(setting + " must be between 0 and " + most + ", was " + bits);
        }
    }

    /** The name that the client gave in its last EHLO or HELO. */
    public static LimitKey helo() {
        return new LimitKey(
                "helo",
                From.COMMANDS,
                step -> step.session()
                        .hello()
                        .map(Hello::name)
                        .filter(name -> !name.isBlank())
                        .map(LimitKey::folded));
    }

    /** The sender, without regard to case. */
    public static LimitKey sender() {
        return new LimitKey(
                "sender", From.MAIL, step -> sender(step).map(s -> folded(s.local()) + "@" + s.asciiDomain()));
    }

    /** The domain of the sender. */
    public static LimitKey senderDomain() {
        return new LimitKey("sender-domain", From.MAIL, step -> sender(step).flatMap(LimitKey::domain));
    }

    /** Who logged in; of a login that has just ended, whom it was for. Without regard to case. */
    public static LimitKey user() {
        return new LimitKey(
                "user",
                From.COMMANDS,
                step -> (step instanceof Step.Auth login
                                ? login.user()
                                : step.session().identity())
                        .map(LimitKey::folded));
    }

    /** The domain of the recipient that the step is about. */
    public static LimitKey recipientDomain() {
        return new LimitKey(
                "recipient-domain", From.RCPT, step -> recipient(step).flatMap(LimitKey::domain));
    }

    /** The endpoint that the client connected to. */
    public static LimitKey endpoint() {
        return new LimitKey(
                "endpoint", From.CONNECT, step -> Optional.of(step.session().endpoint()));
    }

    /**
     * A key of one's own.
     *
     * @param name in the rule that listeners and the log get: 1 to 20 letters, digits and hyphens
     * @param value empty where a step has none; called on the session's thread, for all sessions at once
     */
    public static LimitKey of(String name, Function<Step, Optional<String>> value) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
        if (!name.matches("[A-Za-z0-9-]{1," + MAX_NAME + "}")) {
            throw new IllegalArgumentException(
                    "name must be 1 to " + MAX_NAME + " letters, digits and hyphens, was '" + name + "'");
        }
        return new LimitKey(name, From.ANY, value);
    }

    /** The value that this step has; empty if it has none. */
    public Optional<String> value(Step step) {
        Objects.requireNonNull(step, "step");
        return value.apply(step);
    }

    /** Whether it can be known at a step that comes so late. */
    boolean isKnownAt(From step) {
        return from.compareTo(step) <= 0;
    }

    /** Whether a session that has none when it begins may get one. */
    boolean mayComeLater() {
        return from != From.CONNECT;
    }

    /** A client whose address is unknown is not everybody whose address is unknown. */
    private static Optional<InetAddress> address(Step step) {
        InetAddress address = step.session().remoteAddress().getAddress();
        return address.isAnyLocalAddress() ? Optional.empty() : Optional.of(address);
    }

    private static Optional<Mailbox> sender(Step step) {
        if (step instanceof Step.Mail mail) {
            return mail.mail().sender();
        }
        return transaction(step).map(Transaction::mail).flatMap(MailFrom::sender);
    }

    private static Optional<Mailbox> recipient(Step step) {
        if (step instanceof Step.Rcpt rcpt) {
            return Optional.of(rcpt.rcpt().recipient());
        }
        return step instanceof Step.Refusal refused
                ? refused.refusal().recipient().map(RcptTo::recipient)
                : Optional.empty();
    }

    private static Optional<Transaction> transaction(Step step) {
        if (step instanceof Step.Rcpt rcpt) {
            return Optional.of(rcpt.transaction());
        }
        if (step instanceof Step.Data data) {
            return Optional.of(data.transaction());
        }
        if (step instanceof Step.Send send) {
            return Optional.of(send.transaction());
        }
        return step instanceof Step.Refusal refused ? transaction(refused.refusal()) : Optional.empty();
    }

    private static Optional<Transaction> transaction(Refusal refusal) {
        return refusal.transaction();
    }

    private static Optional<String> domain(Mailbox mailbox) {
        return Optional.of(mailbox.asciiDomain()).filter(domain -> !domain.isEmpty());
    }

    private static String folded(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** Its name. */
    @Override
    public String toString() {
        return name;
    }
}
