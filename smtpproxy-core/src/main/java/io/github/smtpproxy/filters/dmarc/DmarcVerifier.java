package io.github.smtpproxy.filters.dmarc;

import io.github.smtpproxy.config.TimeLimit;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filters.dmarc.DmarcResult.Code;
import io.github.smtpproxy.message.Headers;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Looks up what the owner of the author's domain asks for, and whether SPF or DKIM has authenticated that domain (RFC 9989).
 * Organizational domains are found by the DNS tree walk, not by a list of public suffixes. Trouble with the DNS is {@link
 * Code#TEMPERROR}, never {@link Code#FAIL}. Immutable: each setting makes another; any thread.
 */
public final class DmarcVerifier {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    /** The worse, the higher: what asks for more comes before what nobody knows, and that before what asks for nothing. */
    private static final Comparator<DmarcResult> BY_HARM = Comparator.comparing(DmarcResult::disposition)
            .thenComparing(r -> List.of(Code.PASS, Code.NONE, Code.PERMERROR, Code.FAIL, Code.TEMPERROR)
                    .indexOf(r.code()));

    private final Resolver resolver;
    private final Duration limit;

    private DmarcVerifier(Resolver resolver, Duration limit) {
        this.resolver = resolver;
        this.limit = limit;
    }

    /** One that asks by this resolver, for 10 s for each of the author's domains. */
    public static DmarcVerifier with(Resolver resolver) {
        Objects.requireNonNull(resolver, "resolver");
        return new DmarcVerifier(resolver, Duration.ofSeconds(10));
    }

    /** This with another limit of the time that one of the author's domains may take, 10 s by default, 10 minutes at most. */
    public DmarcVerifier within(Duration value) {
        return new DmarcVerifier(resolver, TimeLimit.check("limit", value, LONGEST));
    }

    /**
     * Verifies the author of a message. Where the From fields name several domains, up to 5, each is looked at, and the worst
     * result counts (RFC 9989 §11.5). Where they name none, more, or cannot be read, that is {@link Code#PERMERROR}. Waits
     * for the DNS.
     *
     * @param headers of the message
     * @param identifiers what SPF and DKIM have authenticated, or may have
     */
    public DmarcResult verify(Headers headers, List<Identifier> identifiers) {
        Objects.requireNonNull(headers, "headers");
        List<Identifier> known = List.copyOf(Objects.requireNonNull(identifiers, "identifiers"));
        AuthorDomains authors = AuthorDomains.of(headers);
        int several = authors.domains().size();
        return authors.domains().stream()
                .map(author -> new Evaluation(author, new Records(resolver, limit), known).result())
                .max(BY_HARM)
                .map(worst -> several > 1 ? worst.because("the worst of " + several + " domains in From") : worst)
                .orElseGet(() -> DmarcResult.of(Code.PERMERROR, "", authors.flaw()));
    }
}
