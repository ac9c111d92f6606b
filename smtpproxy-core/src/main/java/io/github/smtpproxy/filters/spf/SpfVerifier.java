package io.github.smtpproxy.filters.spf;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.spf.Check.Said;
import io.github.smtpproxy.filters.spf.SpfResult.Code;
import io.github.smtpproxy.filters.spf.SpfResult.Identity;
import io.github.smtpproxy.protocol.HostName;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Mailbox;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Asks the DNS whether a client may send with a domain (RFC 7208): all mechanisms, modifiers and macros, within the limits
 * of §4.6.4. Trouble with the DNS is {@link Code#TEMPERROR}, never {@link Code#FAIL}. Immutable: each setting makes another;
 * any thread.
 */
public final class SpfVerifier {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final Resolver resolver;
    private final Duration limit;

    private SpfVerifier(Resolver resolver, Duration limit) {
        this.resolver = resolver;
        this.limit = limit;
    }

    /** One that asks by this resolver, for 20 s in all. */
    public static SpfVerifier with(Resolver resolver) {
        Objects.requireNonNull(resolver, "resolver");
        return new SpfVerifier(resolver, Duration.ofSeconds(20));
    }

    /** This with another limit of the time that a check may take, 20 s by default, as §4.6.4 wants, and 10 minutes at most. */
    public SpfVerifier within(Duration value) {
        return new SpfVerifier(resolver, TimeLimit.check("limit", value, LONGEST));
    }

    /**
     * Whether the client may use the domain of the sender, or where that is the null reverse-path the name that it gave
     * itself. Waits for the DNS.
     *
     * @param client its address; the unspecified one, which stands for a client that nobody knows, gets
     *     {@link Code#TEMPERROR}
     * @param hello the name in its EHLO or HELO; empty if it gave none
     */
    public SpfResult verify(InetAddress client, MailFrom mail, String hello) {
        Objects.requireNonNull(client, "client");
        Name name = Name.of(mail, hello);
        SpfResult none = SpfResult.of(Code.NONE, name.identity(), name.domain());
        if (!isDomain(name.domain())) {
            return none.because("no domain");
        }
        if (client.isAnyLocalAddress()) {
            return SpfResult.of(Code.TEMPERROR, name.identity(), name.domain())
                    .because("the client's address is not known");
        }
        try {
            Questions questions = new Questions(resolver, limit);
            Macros macros = new Macros(client, name.local(), name.domain(), hello, questions);
            Check check = new Check(client, questions, macros);
            Said said = check.of(name.domain());
            return new SpfResult(
                    said.code(), name.identity(), name.domain(), said.mechanism(), check.explanation(said), "");
        } catch (SpfException error) {
            return SpfResult.of(error.code(), name.identity(), name.domain())
                    .because(Objects.requireNonNull(error.getMessage(), "message"));
        }
    }

    /** §4.3: of two labels at least, each of which the DNS can have. */
    private static boolean isDomain(String domain) {
        return HostName.isValid(domain) && domain.indexOf('.') > 0 && domain.indexOf('.') < domain.length() - 1;
    }

    /** What is looked at; the local part is {@code postmaster} where there is none (§4.3). */
    private record Name(Identity identity, String local, String domain) {

        private static final String POSTMASTER = "postmaster";

        static Name of(MailFrom mail, String hello) {
            Objects.requireNonNull(mail, "mail");
            Objects.requireNonNull(hello, "hello");
            Optional<Mailbox> sender = mail.sender();
            if (sender.isEmpty()) {
                return new Name(Identity.HELO, POSTMASTER, withoutDot(hello.toLowerCase(Locale.ROOT)));
            }
            String local = sender.get().local();
            return new Name(
                    Identity.MAIL_FROM,
                    local.isEmpty() ? POSTMASTER : local,
                    sender.get().asciiDomain());
        }

        private static String withoutDot(String name) {
            return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        }
    }
}
