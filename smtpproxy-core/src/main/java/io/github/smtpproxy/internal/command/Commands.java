package io.github.smtpproxy.internal.command;

import static io.github.smtpproxy.internal.relay.Verb.Trait.BEFORE_EHLO;
import static io.github.smtpproxy.internal.relay.Verb.Trait.BEFORE_LOGIN;
import static io.github.smtpproxy.internal.relay.Verb.Trait.BEFORE_TLS;
import static io.github.smtpproxy.internal.relay.Verb.Trait.ENDS_GROUP;
import static io.github.smtpproxy.internal.relay.Verb.Trait.RUNS_AHEAD;

import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.CommandTable;
import io.github.smtpproxy.internal.relay.Verb;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The commands of the proxy, and what holds for each verb. */
public final class Commands implements CommandTable {

    private static final Command RELAYED = new RelayedCommand();
    private static final Command NOT_CARRIED = new NotCarriedCommand();
    private static final Command EHLO = new EhloCommand();

    static final List<Verb> LIST = List.of(
            Verb.of("EHLO", EHLO, BEFORE_EHLO, BEFORE_TLS, BEFORE_LOGIN, ENDS_GROUP),
            Verb.of("HELO", EHLO, BEFORE_EHLO, BEFORE_TLS, BEFORE_LOGIN, ENDS_GROUP),
            Verb.of("STARTTLS", new StartTlsCommand(), BEFORE_EHLO, BEFORE_TLS, BEFORE_LOGIN, ENDS_GROUP),
            Verb.of("AUTH", new AuthCommand(), BEFORE_LOGIN, ENDS_GROUP),
            Verb.of("XCLIENT", new XclientCommand(), BEFORE_EHLO, BEFORE_LOGIN, ENDS_GROUP),
            Verb.of("XFORWARD", new XforwardCommand(), BEFORE_LOGIN),
            Verb.of("MAIL", new MailCommand(), RUNS_AHEAD),
            Verb.of("RCPT", new RcptCommand(), RUNS_AHEAD),
            Verb.of("DATA", new DataCommand(), RUNS_AHEAD, ENDS_GROUP),
            Verb.of("BDAT", new BdatCommand()),
            Verb.of("RSET", new RsetCommand(), BEFORE_EHLO, BEFORE_TLS, BEFORE_LOGIN),
            Verb.of("QUIT", new QuitCommand(), BEFORE_EHLO, BEFORE_TLS, BEFORE_LOGIN, ENDS_GROUP),
            Verb.of("NOOP", RELAYED, BEFORE_EHLO, BEFORE_TLS, BEFORE_LOGIN),
            Verb.of("HELP", RELAYED, BEFORE_EHLO, BEFORE_LOGIN),
            Verb.of("ETRN", new EtrnCommand()),
            // a conversation turned round
            Verb.of("ATRN", NOT_CARRIED),
            Verb.of("TURN", NOT_CARRIED),
            // a message, or a transaction, that no filter would see
            Verb.of("BURL", NOT_CARRIED),
            Verb.of("SOML", NOT_CARRIED),
            Verb.of("SAML", NOT_CARRIED),
            Verb.of("SEND", NOT_CARRIED));

    /** VRFY, EXPN, and every verb that the proxy does not know: relayed. */
    private static final Verb OTHER = Verb.of("", RELAYED);

    private static final Map<String, Verb> BY_NAME =
            LIST.stream().collect(Collectors.toUnmodifiableMap(Verb::name, Function.identity()));

    private static final int SHORTEST = 4;

    /** By four letters a lax server knows a verb. NOOP and HELP do no harm. */
    private static final Set<String> STARTS = LIST.stream()
            .filter(verb -> !verb.command().equals(RELAYED))
            .map(verb -> verb.name().substring(0, SHORTEST))
            .collect(Collectors.toUnmodifiableSet());

    @Override
    public Verb verb(String name) {
        return BY_NAME.getOrDefault(name, OTHER);
    }

    @Override
    public boolean resembles(String line) {
        return isLike(line);
    }

    /** Whether a server that looks at four letters only, or past white space, could take the line for one of these verbs. */
    static boolean isLike(String line) {
        String text = line.strip();
        return text.length() >= SHORTEST
                && STARTS.contains(text.substring(0, SHORTEST).toUpperCase(Locale.ROOT));
    }
}
