package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.Timeouts;
import io.github.smtpproxy.internal.downstream.Downstream;
import io.github.smtpproxy.internal.downstream.Lease;
import io.github.smtpproxy.internal.host.Filters;
import io.github.smtpproxy.internal.transport.Network;
import io.github.smtpproxy.internal.wire.Budget;
import io.github.smtpproxy.internal.wire.Wire;
import io.github.smtpproxy.protocol.MailFrom;
import io.github.smtpproxy.session.Transaction;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * What a message needs of the session and the proxy through which it passes.
 *
 * @param client the connection from which it comes
 * @param lease the connection on which the destination knows the transaction
 * @param transaction whose message it is
 * @param left how long the message may take
 * @param control is asked as the message passes
 * @param replies makes the client's replies
 * @param mail MAIL as it is sent to a destination, but for what that lacks
 * @param rules what becomes of parameters that the destination does not offer
 * @param detour opens the way to another target, for a message that a filter routes
 */
public record MessageScope(
        Wire client,
        Lease lease,
        Transaction transaction,
        Endpoint endpoint,
        Timeouts timeouts,
        Duration left,
        Filters filters,
        Network network,
        Budget budget,
        MessageControl control,
        RepliesToClient replies,
        BiFunction<MailFrom, Downstream, MailFrom> mail,
        ParameterRules rules,
        Supplier<Detour> detour) {

    /** The same on a connection to another destination. */
    MessageScope on(Lease other, RepliesToClient itsReplies) {
        return new MessageScope(
                client,
                other,
                transaction,
                endpoint,
                timeouts,
                left,
                filters,
                network,
                budget,
                control,
                itsReplies,
                mail,
                ParameterRules.elsewhere(transaction.id(), other.downstream()),
                detour);
    }

    Downstream downstream() {
        return lease.downstream();
    }

    /** How long the client has for the message. */
    Progress progress() {
        return Progress.within(timeouts, left);
    }

    /** The policy for bare line ends in chunks: binary content is no text (RFC 3030 §3). */
    BareNewlines chunkPolicy() {
        return isBinary() ? BareNewlines.PASS : endpoint.bareNewlines();
    }

    /** Whether the message is no text (RFC 3030 §3). */
    boolean isBinary() {
        return transaction
                .mail()
                .parameters()
                .value("BODY")
                .filter("BINARYMIME"::equalsIgnoreCase)
                .isPresent();
    }

    /** The Received field that goes before the message; empty where there is none. */
    byte[] receivedField() {
        return ReceivedField.of(transaction, endpoint);
    }

    Spool spool() {
        return new Spool(endpoint.spoolMemory(), network, budget);
    }
}
