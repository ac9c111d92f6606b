package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Lease;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.session.Transaction;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import java.util.function.UnaryOperator;

/**
 * What a message needs of the session and the proxy through which it passes.
 *
 * @param client the connection from which it comes
 * @param lease the connection on which the destination knows the transaction
 * @param transaction whose message it is
 * @param pace asks the throttles about octets that have arrived, and waits; gives their refusal
 * @param sending waits as long as the throttles require before octets are sent; whether it had to
 * @param interruption asked before the destination gets the end of the message
 * @param replies the reply to the client for an answer of the destination: the destination's own, or that it failed
 * @param mail MAIL as it is sent to the destination
 */
public record MessageScope(
        Wire client,
        Lease lease,
        Transaction transaction,
        Endpoint endpoint,
        Timeouts timeouts,
        Filters filters,
        Network network,
        Budget budget,
        LongFunction<Optional<Reply>> pace,
        LongPredicate sending,
        Interruption interruption,
        Function<Answer, Reply> replies,
        UnaryOperator<MailFrom> mail) {

    Downstream downstream() {
        return lease.downstream();
    }

    /** The policy for bare line ends in chunks: binary content is no text (RFC 3030 §3). */
    BareNewlines chunkPolicy() {
        boolean binary = transaction
                .mail()
                .parameters()
                .value("BODY")
                .filter("BINARYMIME"::equalsIgnoreCase)
                .isPresent();
        return binary ? BareNewlines.PASS : endpoint.bareNewlines();
    }

    /** The Received field that goes before the message; empty where there is none. */
    byte[] receivedField() {
        return ReceivedField.of(transaction, endpoint);
    }

    Spool spool() {
        return new Spool(endpoint.spoolMemory(), network, budget);
    }
}
