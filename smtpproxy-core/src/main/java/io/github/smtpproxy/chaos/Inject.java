package io.github.smtpproxy.chaos;

import io.github.smtpproxy.config.Fault;
import io.github.smtpproxy.config.FaultPoint;
import io.github.smtpproxy.config.FaultPoint.Stage;
import io.github.smtpproxy.config.Faults;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Makes faults in front of a real server, so that a test sees how a program copes with them:
 *
 * <pre>{@code
 * Inject inject = Inject.faults();
 * SmtpProxy proxy = SmtpProxy.builder().listen(0).router(Router.to(server)).faults(inject).start();
 * inject.onRcpt("b@x.example").times(1).reply(450, "4.2.1", "busy");
 * inject.onMessage().afterOctets(10_000).reset();
 * inject.onMessage().loseReply();
 * inject.onEhlo().hide("STARTTLS");
 * }</pre>
 *
 * <p>Faults may be added and removed while the proxy runs. Those that fit are made in the order in which they were added, up to
 * the first that refuses, breaks or writes. A refused command or message reaches no filter and no destination,
 * so that the destination never keeps what the client was refused; a 2xx cannot be made up.
 *
 * <p>Chance and jitter come from a seed: the n-th time that a fault fits, it decides as it does in any other run with the
 * same faults in the same order. Thread-safe.
 */
public final class Inject implements Faults {

    private static final Pattern VERB = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,19}");

    private final Rules rules;

    private Inject(long seed) {
        this.rules = new Rules(seed);
    }

    /** No fault yet; chance from the seed 0. */
    public static Inject faults() {
        return new Inject(0);
    }

    /** No fault yet; chance from this seed. */
    public static Inject faults(long seed) {
        return new Inject(seed);
    }

    /** When a client has connected: before and instead of the greeting. */
    public OnCommand onConnect() {
        return new OnCommand(rules, new Conditions(Stage.CONNECT, "CONNECT"));
    }

    /** At a command, by its verb; also one that SMTP does not know. */
    public OnCommand on(String verb) {
        Objects.requireNonNull(verb, "verb");
        if (!VERB.matcher(verb).matches()) {
            throw new IllegalArgumentException("verb must be 1 to 20 letters and digits, was \"" + verb + "\"");
        }
        return new OnCommand(rules, new Conditions(Stage.COMMAND, verb.toUpperCase(Locale.ROOT)));
    }

    /** At EHLO. */
    public OnEhlo onEhlo() {
        return new OnEhlo(rules, new Conditions(Stage.COMMAND, "EHLO"));
    }

    /** At STARTTLS. */
    public OnCommand onStartTls() {
        return on("STARTTLS");
    }

    /** At AUTH. */
    public OnCommand onAuth() {
        return on("AUTH");
    }

    /** At MAIL. */
    public OnCommand onMail() {
        return on("MAIL");
    }

    /**
     * At MAIL from this address.
     *
     * @param sender an address, or {@code <>}
     */
    public OnCommand onMail(String sender) {
        return new OnCommand(rules, new Conditions(Stage.COMMAND, "MAIL").address(Addressed.from(sender)));
    }

    /** At each RCPT. */
    public OnCommand onRcpt() {
        return on("RCPT");
    }

    /** At RCPT to this address. */
    public OnCommand onRcpt(String recipient) {
        return new OnCommand(rules, new Conditions(Stage.COMMAND, "RCPT").address(Addressed.to(recipient)));
    }

    /** At DATA, before 354; {@link #onMessage} is what comes after it. */
    public OnCommand onData() {
        return on("DATA");
    }

    /** At the message, whether it comes with DATA or BDAT: before its end reaches the destination, and at the reply to it. */
    public OnMessage onMessage() {
        return new OnMessage(rules, new Conditions(Stage.END_OF_DATA, ""));
    }

    /** At QUIT. */
    public OnCommand onQuit() {
        return on("QUIT");
    }

    /** Removes all faults; chance begins anew. */
    public void forget() {
        rules.forget();
    }

    @Override
    public List<Fault> at(FaultPoint point) {
        Objects.requireNonNull(point, "point");
        return rules.at(point);
    }
}
