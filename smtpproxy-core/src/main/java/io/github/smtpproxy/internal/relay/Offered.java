package io.github.smtpproxy.internal.relay;

import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.route.Destination;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What EHLO offers this client: the destination's extensions by {@link ExtensionRules}, and what is ours. */
final class Offered {

    private static final Pattern RCPTMAX = Pattern.compile("(?i)\\bRCPTMAX=([0-9]{1,6})\\b");

    private final Conversation conversation;
    private final StartTls startTls;
    private final Authentication authentication;
    private final Trusted trusted;

    Offered(Conversation conversation, StartTls startTls, Authentication authentication, Trusted trusted) {
        this.conversation = conversation;
        this.startTls = startTls;
        this.authentication = authentication;
        this.trusted = trusted;
    }

    /** @param there what the destination offers, or all that are in reach */
    Extensions of(Extensions there) {
        List<String> lines = new ArrayList<>();
        for (String theirs : ExtensionRules.passing(there).lines()) {
            edited(theirs).ifPresent(lines::add);
        }
        usable(authentication.offer()).ifPresent(lines::add);
        startTls.offer().ifPresent(lines::add);
        lines.addAll(trusted.offers());
        return Extensions.of(lines);
    }

    private Optional<String> edited(String line) {
        String upper = line.toUpperCase(Locale.ROOT);
        if (upper.startsWith("AUTH ") || upper.startsWith("AUTH=")) {
            return usable(authentication.offer(line));
        }
        if (upper.startsWith("LIMITS ")) {
            return Optional.of(lowered(line));
        }
        boolean requireTls = upper.split("[ =]", 2)[0].equals("REQUIRETLS");
        return requireTls && !requireTlsHolds() ? Optional.empty() : Optional.of(line);
    }

    /** A login that is refused before TLS is not offered either: a client would say its secret first. */
    private Optional<String> usable(Optional<String> login) {
        return login.filter(l -> startTls.refused("AUTH").isEmpty());
    }

    private String lowered(String limits) {
        Matcher rcptMax = RCPTMAX.matcher(limits);
        int ours = conversation.relay.endpoint().maxRecipients();
        return rcptMax.find() && Integer.parseInt(rcptMax.group(1)) > ours
                ? rcptMax.replaceFirst("RCPTMAX=" + ours)
                : limits;
    }

    /** RFC 8689 §2: it is offered over TLS only, and the next hop must hold to it. */
    private boolean requireTlsHolds() {
        return conversation.session.tls().isPresent()
                && conversation.home().filter(Destination::verifies).isPresent();
    }
}
