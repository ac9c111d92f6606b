package io.github.smtpproxy.internal.listener;

import io.github.smtpproxy.internal.command.CommandSyntax;
import io.github.smtpproxy.internal.host.Replies;
import io.github.smtpproxy.internal.relay.TransactionRelay;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import java.io.IOException;
import java.io.InputStream;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;

/**
 * One transaction, as SubEtha knows it: each call is relayed live, and the destination's refusal is the exception. The
 * session's own commands use the same {@link TransactionRelay}, and not these methods, since SubEtha's calls leave no room for
 * parameters, pipelining and a reply in the destination's words.
 */
final class LiveTransaction implements MessageHandler {

    private final TransactionRelay relay;

    LiveTransaction(TransactionRelay relay) {
        this.relay = relay;
    }

    TransactionRelay relay() {
        return relay;
    }

    @Override
    public void from(String from) throws RejectException {
        CommandSyntax.Read<MailFrom> read = CommandSyntax.sender(from);
        require(read.command().map(relay::mail).orElseGet(() -> refusal(read)));
    }

    @Override
    public void recipient(String recipient) throws RejectException {
        CommandSyntax.Read<RcptTo> read = CommandSyntax.recipient(recipient);
        require(read.command()
                .map(rcpt -> relay.rcpt(rcpt, recipient.length()))
                .orElseGet(() -> relay.unreadableRcpt(refusal(read))));
    }

    @Override
    public String data(InputStream data) throws RejectException, IOException {
        Reply reply = require(relay.message(data));
        return String.join(" ", reply.lines());
    }

    /** The transaction has ended with the reply to its message. */
    @Override
    public void done() {}

    private static Reply refusal(CommandSyntax.Read<?> read) {
        return read.refusal().orElse(Replies.SYNTAX);
    }

    private Reply require(Reply reply) throws RejectException {
        Reply known = relay.settle(reply);
        if (known.isRefusal()) {
            throw new RejectException(known.code(), String.join(" ", known.lines()));
        }
        return known;
    }
}
