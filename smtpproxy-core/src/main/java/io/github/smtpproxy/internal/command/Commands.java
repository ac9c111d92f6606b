package io.github.smtpproxy.internal.command;

import io.github.smtpproxy.internal.relay.Command;
import io.github.smtpproxy.internal.relay.CommandTable;
import io.github.smtpproxy.internal.relay.Verb;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The commands of the proxy. Which of them may run while earlier replies are pending, each says itself: MAIL, RCPT and DATA
 * ({@link Command#runsAhead}).
 */
public final class Commands implements CommandTable {

    private static final boolean YES = true;
    private static final boolean NO = false;

    private static final Command RELAYED = new RelayedCommand();
    private static final Command NOT_CARRIED = new NotCarriedCommand();
    private static final Command EHLO = new EhloCommand();

    private static final List<Verb> LIST = List.of(
            //                                         before  before  before   ends    carried
            //                                          EHLO    TLS    login   group
            new Verb("EHLO", EHLO, YES, YES, YES, YES, YES),
            new Verb("HELO", EHLO, YES, YES, YES, YES, YES),
            new Verb("STARTTLS", new StartTlsCommand(), YES, YES, YES, YES, YES),
            new Verb("AUTH", new AuthCommand(), NO, NO, YES, YES, YES),
            new Verb("XCLIENT", new XclientCommand(), YES, NO, YES, YES, YES),
            new Verb("XFORWARD", new XforwardCommand(), NO, NO, YES, NO, YES),
            new Verb("MAIL", new MailCommand(), NO, NO, NO, NO, YES),
            new Verb("RCPT", new RcptCommand(), NO, NO, NO, NO, YES),
            new Verb("DATA", new DataCommand(), NO, NO, NO, YES, YES),
            new Verb("BDAT", new BdatCommand(), NO, NO, NO, NO, YES),
            new Verb("RSET", new RsetCommand(), YES, YES, YES, NO, YES),
            new Verb("QUIT", new QuitCommand(), YES, YES, YES, YES, YES),
            new Verb("NOOP", RELAYED, YES, YES, YES, NO, YES),
            new Verb("HELP", RELAYED, YES, NO, YES, NO, YES),
            // a queue run, and a conversation turned round: there is no queue here
            new Verb("ETRN", NOT_CARRIED, NO, NO, NO, NO, NO),
            new Verb("ATRN", NOT_CARRIED, NO, NO, NO, NO, NO),
            new Verb("TURN", NOT_CARRIED, NO, NO, NO, NO, NO),
            // a message, or a transaction, that would pass the filters unseen
            new Verb("BURL", NOT_CARRIED, NO, NO, NO, NO, NO),
            new Verb("SOML", NOT_CARRIED, NO, NO, NO, NO, NO),
            new Verb("SAML", NOT_CARRIED, NO, NO, NO, NO, NO),
            new Verb("SEND", NOT_CARRIED, NO, NO, NO, NO, NO));

    /** VRFY, EXPN, and every verb that the proxy does not know. */
    private static final Verb OTHER = new Verb("", RELAYED, NO, NO, NO, NO, YES);

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
