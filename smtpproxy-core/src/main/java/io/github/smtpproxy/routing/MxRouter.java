package io.github.smtpproxy.routing;

import io.github.smtpproxy.dns.DnsAnswer;
import io.github.smtpproxy.dns.DnsAnswer.Status;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.IpLiteral;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.DestinationGroup;
import io.github.smtpproxy.route.Route;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Session;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * Routes each recipient to the mail exchangers of its domain (RFC 5321 §5.1), for outbound mail: by preference, those of the same
 * preference by chance; where a domain has none, to the domain itself. Each name and each address may be an attacker's choice, so
 * 10 exchangers are tried at most; where the network holds servers that clients must not reach, let no others relay, or a
 * firewall decide. Needs dnsjava. Immutable: each setting makes another router. Any thread.
 *
 * <p>A domain that takes no mail (RFC 7505) is refused with {@code 556 5.1.10}, one that does not exist with {@code 550 5.1.2},
 * one whose best exchanger we are with {@code 554 5.4.6}; where the DNS does not answer, the recipient is deferred with
 * {@code 451 4.4.3}. Of the sessions that send to one domain at once, more than 20 wait, for 20 s, then get {@code 451 4.3.2}. What the destinations offer is not known before, so EHLO offers no extensions.
 */
public final class MxRouter implements Router {

    private static final int SMTP = 25;
    /** Postfix's default_destination_concurrency_limit. */
    private static final int SESSIONS = 20;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);

    private static final Route NULL_MX = Route.refuse(Reply.refusal(556, "5.1.10", "Domain does not accept mail"));
    private static final Route NO_DOMAIN = Route.refuse(Reply.refusal(550, "5.1.2", "Domain has no mail server"));
    private static final Route OURSELVES = Route.refuse(Reply.refusal(554, "5.4.6", "Mail for this domain loops"));
    private static final Route BUSY = Route.refuse(Reply.refusal(451, "4.3.2", "Too many connections to this domain"));
    private static final Route NO_ANSWER = Route.refuse(Reply.refusal(451, "4.4.3", "Domain cannot be looked up now"));

    private final Resolver resolver;
    private final int port;
    private final Set<String> ours;
    private final UnaryOperator<Destination> settings;
    private final DomainShares shares;

    private MxRouter(
            Resolver resolver, int port, Set<String> ours, UnaryOperator<Destination> settings, DomainShares shares) {
        this.shares = shares;
        this.resolver = resolver;
        this.port = port;
        this.ours = ours;
        this.settings = settings;
    }

    /** By what this resolver finds; port 25, plaintext. */
    public static MxRouter by(Resolver resolver) {
        Objects.requireNonNull(resolver, "resolver");
        return new MxRouter(resolver, SMTP, Set.of(), d -> d, new DomainShares(SESSIONS, LONGEST_WAIT));
    }

    /**
     * This with another port.
     *
     * @param value 1 to 65535
     */
    public MxRouter port(int value) {
        if (value < 1 || value > 65_535) {
            throw new IllegalArgumentException("port must be between 1 and 65535, was " + value);
        }
        return new MxRouter(resolver, value, ours, settings, shares);
    }

    /**
     * This with names of our own: an exchanger of such a name is ourselves, and those that are no better are not tried.
     *
     * @param names such as the host name of the proxy, and those that its domains' MX records have
     */
    public MxRouter ourselves(String... names) {
        Objects.requireNonNull(names, "names");
        Set<String> all = new HashSet<>(ours);
        for (String name : names) {
            if (!HostName.isValid(name)) {
                throw new IllegalArgumentException("name of our own must be a domain name, was \"" + name + "\"");
            }
            all.add(withoutDot(name));
        }
        return new MxRouter(resolver, port, Set.copyOf(all), settings, shares);
    }

    /**
     * This with other settings of each destination, such as {@code d -> d.startTls(StartTls.OPPORTUNISTIC)}.
     *
     * @param how called for each exchanger, on sessions' threads
     */
    public MxRouter destination(UnaryOperator<Destination> how) {
        Objects.requireNonNull(how, "destination");
        return new MxRouter(resolver, port, ours, how, shares);
    }

    /**
     * This with another limit of the sessions that send mail to one domain at once; 20.
     *
     * @param sessions 1 to 1,000,000
     * @param wait how long one more waits, 0 to 20 s; then it gets {@code 451 4.3.2}
     */
    public MxRouter perDomain(int sessions, Duration wait) {
        Objects.requireNonNull(wait, "wait");
        if (sessions < 1 || sessions > 1_000_000) {
            throw new IllegalArgumentException("sessions must be between 1 and 1000000, was " + sessions);
        }
        if (wait.isNegative() || wait.compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("wait must be between 0 and 20 seconds, was " + wait);
        }
        return new MxRouter(resolver, port, ours, settings, new DomainShares(sessions, wait));
    }

    @Override
    public Route rcpt(Session session, MailFrom mail, RcptTo rcpt) {
        String domain = rcpt.recipient().asciiDomain();
        Route route = domain.startsWith("[")
                ? literal(domain)
                : HostName.isValid(domain) ? ofDomain(withoutDot(domain), session) : NO_DOMAIN;
        return route instanceof Route.To to ? shared(to.target(), withoutDot(domain), session) : route;
    }

    private Route shared(Target target, String domain, Session session) {
        try {
            return shares.take(domain, session.id())
                    .map(leave -> Route.to(target, leave))
                    .orElse(BUSY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return BUSY;
        }
    }

    /** RFC 5321 §4.1.3: an address literal is its own server. */
    private Route literal(String domain) {
        String inner = domain.substring(1, domain.length() - 1).replaceFirst("(?i)^IPv6:", "");
        Optional<InetAddress> address = IpLiteral.parse(inner);
        return address.map(a -> to(List.of(a.getHostAddress()))).orElse(NO_DOMAIN);
    }

    private Route ofDomain(String domain, Session session) {
        CompletableFuture<DnsAnswer> exchangers = resolver.mailExchangers(domain);
        DnsAnswer answer = exchangers.join();
        if (answer.status() == Status.FAILED) {
            return NO_ANSWER;
        }
        if (!answer.isFound()) {
            return withoutExchanger(domain);
        }
        Random chance = new Random(session.id().hashCode());
        MailExchangers all = MailExchangers.of(answer.values(), chance);
        if (all.isNull()) {
            return NULL_MX;
        }
        if (!all.isAnyUsable()) {
            return NO_DOMAIN;
        }
        List<String> usable = all.before(ours);
        return usable.isEmpty() ? OURSELVES : to(usable);
    }

    /** The implicit MX record: the domain itself, if it has an address. */
    private Route withoutExchanger(String domain) {
        if (ours.contains(domain)) {
            return OURSELVES;
        }
        CompletableFuture<DnsAnswer> six = resolver.ipv6Addresses(domain);
        DnsAnswer four = resolver.addresses(domain).join();
        if (four.isFound() || six.join().isFound()) {
            return to(List.of(domain));
        }
        boolean failed = four.status() == Status.FAILED || six.join().status() == Status.FAILED;
        return failed ? NO_ANSWER : NO_DOMAIN;
    }

    private Route to(List<String> hosts) {
        List<Destination> all = hosts.stream()
                .map(host -> settings.apply(Destination.at(host, port)))
                .distinct()
                .toList();
        return Route.to(all.size() == 1 ? all.get(0) : DestinationGroup.of(all));
    }

    private static String withoutDot(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
