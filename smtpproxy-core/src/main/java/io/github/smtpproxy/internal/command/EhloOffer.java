package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.relay.RelaySession;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.route.Destination;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What EHLO offers to a client: the destination's extensions by {@link ExtensionRules}, and the proxy's own. */
final class EhloOffer {

    private static final Pattern RCPTMAX = Pattern.compile("(?i)\\bRCPTMAX=([0-9]{1,6})\\b");

    private static final Pattern REQUIRETLS = Pattern.compile("REQUIRETLS(?![^ =])");

    private final RelaySession session;

    private EhloOffer(RelaySession session) {
        this.session = session;
    }

    /** @param destination what the destination offers, or what all in reach do */
    static Extensions of(Extensions destination, RelaySession session) {
        return new EhloOffer(session).lines(destination);
    }

    private Extensions lines(Extensions destination) {
        List<String> lines = new ArrayList<>();
        for (String line : ExtensionRules.passing(destination, this::isUnseen).lines()) {
            edited(line).ifPresent(lines::add);
        }
        usable(AuthCommand.offer(session)).ifPresent(lines::add);
        if (session.tls().isOffered()) {
            lines.add("STARTTLS");
        }
        if (session.peer().isTrusted()) {
            lines.add(XforwardCommand.OFFER);
            lines.add(XclientCommand.OFFER);
        }
        lines.removeIf(session.faults()::hides);
        return Extensions.of(lines);
    }

    /** Where the client takes us for the destination, it is the destination's queue that it asks for, and its TLS. */
    private boolean isUnseen(String keyword) {
        return keyword.equals("STARTTLS") && session.tls().relayed().isPresent()
                || keyword.equals("ETRN") && session.relay().endpoint().unseen().isPresent();
    }

    private Optional<String> edited(String line) {
        String upper = line.toUpperCase(Locale.ROOT);
        if (upper.startsWith("AUTH ") || upper.startsWith("AUTH=")) {
            return usable(AuthCommand.offer(line, session));
        }
        if (upper.startsWith("LIMITS ")) {
            return Optional.of(lowered(line));
        }
        boolean requireTls = REQUIRETLS.matcher(upper).lookingAt();
        return requireTls && !holdsRequireTls() ? Optional.empty() : Optional.of(line);
    }

    /** A login that is refused before TLS is not offered either: a client would send its secret first. */
    private Optional<String> usable(Optional<String> login) {
        return login.filter(l -> !session.tls().isMissing());
    }

    private String lowered(String limits) {
        Matcher rcptMax = RCPTMAX.matcher(limits);
        int ours = session.relay().endpoint().maxRecipients();
        return rcptMax.find() && Integer.parseInt(rcptMax.group(1)) > ours
                ? rcptMax.replaceFirst("RCPTMAX=" + ours)
                : limits;
    }

    /** RFC 8689 §2: it is offered over TLS only, and the next hop must keep it. */
    private boolean holdsRequireTls() {
        return session.state().tls().isPresent()
                && session.state().home().filter(Destination::verifies).isPresent();
    }
}
