package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Parameters;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which of a destination's extensions the client is offered: all that a relay of commands, parameters and replies can
 * carry, and so those that it does not know. This is the list of those that need more, each with its reason. What is
 * hidden is not carried either: neither a verb nor a parameter of its name reaches the destination.
 */
final class ExtensionRules {

    /** What becomes of a keyword that does not simply pass. */
    private enum Rule {
        /** Not offered: a relay would break it, or be broken by it. */
        HIDDEN,
        /** Offered by our own settings, whatever the destination offers. */
        OURS,
        /** Offered as the destination does, but for what it can mean on this side only; see {@link Offered}. */
        EDITED
    }

    private static final String REQUIRETLS = "REQUIRETLS";

    /** Ends a keyword in the spelling that AUTH had before RFC 2554, {@code AUTH=PLAIN}. */
    private static final String OLD = "=";

    private record Entry(Rule rule, String reason) {}

    private static final Map<String, Entry> LIST = Map.ofEntries(
            ours("STARTTLS", "TLS ends at the proxy, on each leg for itself"),
            ours(
                    "XCLIENT",
                    "a client is announced by peers that the endpoint trusts, not by those that the destination"
                            + " trusts"),
            edited("AUTH", "mechanisms that protect or bind the connection end where TLS ends"),
            edited(REQUIRETLS, "true only if the destination's certificate is verified (RFC 8689 §4.1)"),
            edited("LIMITS", "RCPTMAX is the smaller of the destination's and ours (RFC 9422)"),
            ours("XFORWARD", "the same, for one transaction at a time"),
            hidden("PRDR", "more than one reply to the end of data"),
            hidden("BURL", "content that comes past the filters (RFC 4468)"),
            hidden("ETRN", "asks for a queue, and there is none here (RFC 1985)"),
            hidden("ATRN", "turns the conversation round (RFC 2645)"),
            hidden("TURN", "turns the conversation round (RFC 821 §3.8)"),
            hidden("SEND", "a transaction that does not begin with MAIL (RFC 821 §3.4)"),
            hidden("SOML", "a transaction that does not begin with MAIL (RFC 821 §3.4)"),
            hidden("SAML", "a transaction that does not begin with MAIL (RFC 821 §3.4)"),
            hidden("X-EXPS", "Exchange's AUTH among its own servers: it binds the connection"),
            hidden("XEXCH50", "binary data between Exchange servers, of a length that is not announced"),
            hidden("X-LINK2STATE", "routing tables of Exchange servers, about the peer and not the mail"),
            hidden("X-ANONYMOUSTLS", "TLS among Exchange servers, which would end behind the proxy"),
            hidden("XPROXY", "announces a client to an Exchange server, which XCLIENT is for"),
            hidden("XPROXYFROM", "the same"),
            hidden("XPROXYTO", "the same"),
            hidden("XSESSIONPARAMS", "the same"),
            hidden("XOORG", "a sender's organization, which an Exchange server trusts"),
            hidden("PROXY", "a client is announced by peers that the endpoint trusts, before the greeting"),
            hidden("XADR", "a server's own address book"),
            hidden("XSTA", "a server's own status"),
            hidden("XGEN", "a server's own licence"));

    private ExtensionRules() {}

    /**
     * What a destination offers, without what is hidden or ours.
     *
     * @param carried what is neither here
     */
    static Extensions passing(Extensions offered, Predicate<String> carried) {
        return offered.keep(keyword -> {
            Entry entry = LIST.get(keyword.endsWith(OLD) ? keyword.substring(0, keyword.length() - 1) : keyword);
            return entry == null || entry.rule == Rule.EDITED || carried.test(keyword);
        });
    }

    /** Whether the verb that the line begins with, perhaps behind white space, belongs to what is hidden. */
    static boolean isHiddenVerb(String line) {
        return isHidden(word(line.strip()));
    }

    /**
     * The first of these parameters that belongs to what is hidden, or to what could not be offered here.
     *
     * @param offered what this client was offered
     */
    static Optional<String> hidden(Parameters parameters, Extensions offered) {
        return parameters.keywords().stream()
                .filter(k -> isHidden(k) || k.equals(REQUIRETLS) && !offered.has(k))
                .findFirst();
    }

    private static boolean isHidden(String keyword) {
        Entry entry = LIST.get(keyword);
        return entry != null && entry.rule == Rule.HIDDEN;
    }

    private static String word(String line) {
        int end = 0;
        while (end < line.length() && (Character.isLetterOrDigit(line.charAt(end)) || line.charAt(end) == '-')) {
            end++;
        }
        return line.substring(0, end).toUpperCase(Locale.ROOT);
    }

    private static Map.Entry<String, Entry> hidden(String keyword, String reason) {
        return Map.entry(keyword, new Entry(Rule.HIDDEN, reason));
    }

    private static Map.Entry<String, Entry> ours(String keyword, String reason) {
        return Map.entry(keyword, new Entry(Rule.OURS, reason));
    }

    private static Map.Entry<String, Entry> edited(String keyword, String reason) {
        return Map.entry(keyword, new Entry(Rule.EDITED, reason));
    }
}
