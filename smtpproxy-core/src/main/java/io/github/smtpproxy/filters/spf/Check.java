package io.github.smtpproxy.filters.spf;

import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.filters.spf.SpfResult.Code;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** The function check_host of RFC 7208 §4 for one client, in all records that it comes to. Used by one thread. */
final class Check {

    private static final int MAX_EXCHANGERS = 10;

    private final InetAddress client;
    private final Questions questions;
    private final Macros macros;

    /**
     * What a domain says of the client.
     *
     * @param mechanism the term that matched; empty if none did
     * @param explanation where a fail is explained
     * @param domain whose record it was
     */
    record Said(Code code, String mechanism, Optional<MacroString> explanation, String domain) {
        static Said of(Code code) {
            return new Said(code, "", Optional.empty(), "");
        }
    }

    Check(InetAddress client, Questions questions, Macros macros) {
        this.client = client;
        this.questions = questions;
        this.macros = macros;
    }

    /** Goes as deep as terms may ask, which is 10. */
    Said of(String domain) {
        Optional<SpfRecord> found = SpfRecord.among(questions.texts(domain));
        if (found.isEmpty()) {
            return Said.of(Code.NONE);
        }
        SpfRecord record = found.get();
        for (Directive directive : record.directives()) {
            if (matches(directive, domain)) {
                return new Said(directive.result(), directive.text(), record.explanation(), domain);
            }
        }
        return record.redirect().map(target -> redirected(target, domain)).orElse(Said.of(Code.NEUTRAL));
    }

    /** §6.1. */
    private Said redirected(MacroString target, String domain) {
        questions.count();
        Said said = of(macros.name(target, domain));
        if (said.code() == Code.NONE) {
            throw SpfException.permanent("redirect to a domain without a record");
        }
        return said;
    }

    private boolean matches(Directive directive, String domain) {
        if (directive.mechanism().asks()) {
            questions.count();
        }
        String target = directive.domain().map(d -> macros.name(d, domain)).orElse(domain);
        return switch (directive.mechanism()) {
            case ALL -> true;
            case IP4, IP6 -> directive.network().filter(n -> n.contains(client)).isPresent();
            case INCLUDE -> includes(target);
            case A -> isAt(target, directive);
            case MX -> isExchanger(target, directive);
            case PTR -> macros.validated(target).isPresent();
            case EXISTS -> questions.exists(target);
        };
    }

    /** §5.2. */
    private boolean includes(String target) {
        Code code = of(target).code();
        if (code == Code.NONE) {
            throw SpfException.permanent("include of a domain without a record");
        }
        return code == Code.PASS;
    }

    private boolean isAt(String name, Directive directive) {
        int prefix = client instanceof Inet4Address ? directive.ipv4Prefix() : directive.ipv6Prefix();
        return questions.addresses(name, client).stream()
                .anyMatch(address -> address.getClass() == client.getClass()
                        && AddressRange.around(address, prefix).contains(client));
    }

    private boolean isExchanger(String domain, Directive directive) {
        List<String> hosts = questions.exchangers(domain);
        if (hosts.size() > MAX_EXCHANGERS) {
            throw SpfException.permanent("more than " + MAX_EXCHANGERS + " mail exchangers");
        }
        return hosts.stream().anyMatch(host -> isAt(host, directive));
    }

    /** Why it fails (§6.2): whatever is wrong with the explanation, there is none. */
    String explanation(Said said) {
        if (said.code() != Code.FAIL || said.explanation().isEmpty()) {
            return "";
        }
        try {
            List<String> texts = questions.texts(macros.name(said.explanation().get(), said.domain()));
            return texts.size() == 1 ? macros.text(MacroString.explanation(texts.get(0)), said.domain()) : "";
        } catch (SpfException none) {
            return "";
        }
    }
}
