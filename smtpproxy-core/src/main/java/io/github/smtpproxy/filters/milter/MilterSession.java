package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.OtherCommand;
import io.github.smtpproxy.protocol.Parameters;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.service.ServiceAddress;
import io.github.smtpproxy.session.Session;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;

/**
 * What one milter gets in one session, in the order of the protocol. Its connection is opened when it is needed first,
 * and again at the next MAIL where it was lost. An {@link IOException} is the milter's: the connection is then of no use.
 * Used on the session's own thread.
 */
final class MilterSession {

    /** Whatever progress it reports and whatever it changes, a decision takes no longer. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private static final Duration FOR_GOODBYE = Duration.ofSeconds(2);

    private static final byte[] NOTHING = {};

    private final MilterSettings settings;
    private final Session session;
    private Optional<Link> link = Optional.empty();
    /** The one that was reached last. */
    private Optional<ServiceAddress> last = Optional.empty();
    /** What it decided about the session; nothing more is sent to it then. */
    private Optional<MilterAnswer> verdict = Optional.empty();

    private boolean inTransaction;

    /** The connection, and what was agreed on it. */
    private record Link(MilterConnection connection, Agreement agreed) {}

    MilterSession(MilterSettings settings, Session session) {
        this.settings = settings;
        this.session = session;
    }

    /** What it decided at connect or HELO about all that the client sends. */
    Optional<MilterAnswer> verdict() {
        return verdict;
    }

    /** Where it is, once it has been reached. */
    String address() {
        return last.orElse(settings.servers().hosts().get(0)).toString();
    }

    /** Opens the connection if there is none, and sends CONNECT. */
    MilterAnswer connect(Macros macros) throws IOException {
        if (link.isPresent()) {
            return MilterAnswer.CONTINUE;
        }
        try {
            link = Optional.of(settings.servers().ask(settings.connect(), MilterSession::open));
            last = link.map(l -> l.connection().address());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return aboutSession(send(Stage.CONNECT, macros, client()));
    }

    private static Link open(ServiceAddress address, Duration limit) throws IOException {
        MilterConnection connection = MilterConnection.open(address, limit);
        boolean agreed = false;
        try {
            connection.write('O', Agreement.offer(), limit);
            Link link = new Link(connection, Agreement.of(connection.read(limit)));
            agreed = true;
            return link;
        } finally {
            if (!agreed) {
                connection.close();
            }
        }
    }

    private byte[] client() {
        Frame.Data data = new Frame.Data();
        Optional<String> address = Macros.address(session.remoteAddress());
        if (address.isEmpty()) {
            return data.text("unknown").octet('U').toBytes();
        }
        boolean six = session.remoteAddress().getAddress() instanceof Inet6Address;
        return data.text("[" + address.get() + "]")
                .octet(six ? '6' : '4')
                .port(session.remoteAddress().getPort())
                .text(address.get())
                .toBytes();
    }

    /** Sends EHLO or HELO. */
    MilterAnswer hello(Hello hello, Macros macros) throws IOException {
        dropIfClosed();
        MilterAnswer answer = connect(macros);
        return answer.goesOn()
                ? aboutSession(send(
                        Stage.HELO, macros, new Frame.Data().text(hello.name()).toBytes()))
                : answer;
    }

    /** A milter that was restarted while the client was idle gets CONNECT again. */
    private void dropIfClosed() throws IOException {
        if (link.isPresent()) {
            try {
                link().connection().requireSilence();
            } catch (ProtocolException answered) {
                throw answered;
            } catch (IOException closedWhileIdle) {
                drop();
            }
        }
    }

    private MilterAnswer aboutSession(MilterAnswer answer) {
        if (!answer.goesOn()) {
            verdict = Optional.of(answer);
            leave();
        }
        return answer;
    }

    /** Sends MAIL; all that came before too, where the connection is new. */
    MilterAnswer mail(MailFrom mail, Macros macros) throws IOException {
        dropIfClosed();
        boolean kept = link.isPresent();
        try {
            return sendMail(mail, macros);
        } catch (ProtocolException | SocketTimeoutException answered) {
            throw answered;
        } catch (IOException closedWhileIdle) {
            if (!kept) {
                throw closedWhileIdle;
            }
            drop();
            return sendMail(mail, macros);
        }
    }

    private MilterAnswer sendMail(MailFrom mail, Macros macros) throws IOException {
        if (link.isEmpty()) {
            Optional<Hello> hello = session.hello();
            MilterAnswer before = hello.isPresent() ? hello(hello.get(), macros) : connect(macros);
            if (!before.goesOn()) {
                return before;
            }
        }
        inTransaction = true;
        String path = "<" + mail.sender().map(m -> m.octets()).orElse("") + ">";
        return send(Stage.MAIL, macros, arguments(path, mail.parameters()));
    }

    private static byte[] arguments(String path, Parameters parameters) {
        Frame.Data data = new Frame.Data().text(path);
        for (String parameter : parameters.text().strip().split(" ")) {
            if (!parameter.isEmpty()) {
                data.text(parameter);
            }
        }
        return data.toBytes();
    }

    /** Sends RCPT. */
    MilterAnswer rcpt(RcptTo rcpt, Macros macros) throws IOException {
        return send(Stage.RCPT, macros, arguments("<" + rcpt.recipient().octets() + ">", rcpt.parameters()));
    }

    /** Whether it wants to get recipients that others refused. */
    boolean wantsRejectedRecipients() {
        return link.filter(l -> l.agreed().wantsRejectedRecipients()).isPresent();
    }

    /** Sends a command that nobody knows. */
    MilterAnswer unknown(OtherCommand command, Macros macros) throws IOException {
        String line = (command.verb() + " " + command.argument()).stripTrailing();
        return link.isEmpty()
                ? MilterAnswer.CONTINUE
                : send(Stage.UNKNOWN, macros, new Frame.Data().text(line).toBytes());
    }

    /** What it is to get of a message now; empty where it is not connected. */
    Optional<Agreement> agreed() {
        return link.map(Link::agreed);
    }

    /**
     * Sends a message, and takes over what it changes.
     *
     * @throws RuntimeException if the message cannot be had
     */
    MilterAnswer message(Content body, Changes changes, Macros macros) throws IOException {
        MilterAnswer answer = send(Stage.DATA, macros, NOTHING);
        if (answer.goesOn()) {
            answer = headers(changes.fields());
        }
        if (answer.goesOn()) {
            answer = send(Stage.END_OF_HEADERS, macros, NOTHING);
        }
        if (answer.goesOn() && link().agreed().wants(Stage.BODY)) {
            rest();
            answer = body(body, changes);
        }
        if (answer.goesOn()) {
            answer = end(changes, macros);
            inTransaction = false;
        }
        return answer;
    }

    private MilterAnswer headers(HeaderFields fields) throws IOException {
        MilterAnswer answer = MilterAnswer.CONTINUE;
        for (HeaderFields.Field field : fields.all()) {
            if (answer != MilterAnswer.CONTINUE) {
                return answer;
            }
            answer = send(
                    Stage.HEADER,
                    new Frame.Data().text(field.name()).text(field.value()).toBytes());
        }
        return answer;
    }

    private MilterAnswer body(Content body, Changes changes) throws IOException {
        MilterAnswer answer = MilterAnswer.CONTINUE;
        try (BodyParts parts = new BodyParts(body.open(), link().agreed().chunk())) {
            for (byte[] part = parts.next(); part.length > 0 && answer == MilterAnswer.CONTINUE; part = parts.next()) {
                changes.bodyGoes(part.length);
                answer = send(Stage.BODY, part);
            }
        }
        return answer;
    }

    private MilterAnswer end(Changes changes, Macros macros) throws IOException {
        Stage stage = Stage.END_OF_MESSAGE;
        macros(stage, macros);
        link().connection().requireSilence();
        link().connection().write(stage.command(), NOTHING, settings.limit(stage));
        long began = System.nanoTime();
        for (Frame frame = answer(stage, began); ; frame = answer(stage, began)) {
            if (MilterAnswer.isDecision(frame)) {
                MilterAnswer answer = MilterAnswer.of(frame, stage, link().agreed());
                changes.decided();
                return answer;
            }
            changes.add(frame);
        }
    }

    private MilterAnswer send(Stage stage, Macros macros, byte[] data) throws IOException {
        macros(stage, macros);
        return send(stage, data);
    }

    /** Also before what it does not want to get. */
    private void macros(Stage stage, Macros macros) throws IOException {
        byte[] values = macros.data(stage, link().agreed().macros(stage));
        if (values.length > 0) {
            link().connection().write('D', values, settings.limit(stage));
        }
    }

    private MilterAnswer send(Stage stage, byte[] data) throws IOException {
        Agreement agreed = link().agreed();
        if (!agreed.wants(stage)) {
            return MilterAnswer.CONTINUE;
        }
        boolean answered = agreed.isAnswered(stage);
        if (answered) {
            link().connection().requireSilence();
        }
        link().connection().write(stage.command(), data, settings.limit(stage));
        return answered ? MilterAnswer.of(answer(stage, System.nanoTime()), stage, agreed) : MilterAnswer.CONTINUE;
    }

    /** The next frame that is more than a sign of life. */
    private Frame answer(Stage stage, long began) throws IOException {
        Frame frame = next(stage, began);
        while (frame.command() == 'p') {
            frame.parts().end();
            frame = next(stage, began);
        }
        return frame;
    }

    private Frame next(Stage stage, long began) throws IOException {
        if (System.nanoTime() - began > LONGEST.toNanos()) {
            throw new SocketTimeoutException("no decision within " + LONGEST);
        }
        return link().connection().read(settings.limit(stage));
    }

    private Link link() {
        return link.orElseThrow();
    }

    /** It waits for the client. */
    void rest() throws IOException {
        if (link.isPresent()) {
            link().connection().flush(settings.command());
            link().connection().rest();
        }
    }

    /** The transaction is over, whether its end was sent or not. */
    void abort() throws IOException {
        if (inTransaction && link.isPresent()) {
            inTransaction = false;
            link().connection().write('A', NOTHING, settings.command());
            rest();
        }
    }

    /** The session is over, or nothing more of it is to be sent. */
    void leave() {
        if (link.isPresent()) {
            try {
                link().connection().write('Q', NOTHING, FOR_GOODBYE);
                link().connection().flush(FOR_GOODBYE);
            } catch (IOException gone) {
                // it is to go
            }
            drop();
        }
    }

    /** The connection is of no use. */
    void drop() {
        Optional<Link> lost = link;
        link = Optional.empty();
        inTransaction = false;
        lost.ifPresent(l -> l.connection().close());
    }
}
