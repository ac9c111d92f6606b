package io.github.smtpproxy.filters.milter;

import io.github.smtpproxy.protocol.Mailbox;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.route.Target;
import io.github.smtpproxy.session.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a milter has decided about one transaction so far. */
final class MilterTransaction {

    private final Transaction transaction;
    private final List<Map.Entry<Mailbox, Reply>> sent = new ArrayList<>();
    private boolean decided;
    private Optional<Reply> refusal = Optional.empty();
    private Optional<Target> route = Optional.empty();

    MilterTransaction(Transaction transaction) {
        this.transaction = transaction;
    }

    Transaction transaction() {
        return transaction;
    }

    /** A recipient was sent to the milter, and this became of him. */
    void sent(RcptTo rcpt, Reply reply) {
        sent.add(Map.entry(rcpt.recipient(), reply));
    }

    /** A recipient as he is known to the destination, where a later filter has given another name to whom the milter knows. */
    Mailbox passedOn(Mailbox recipient) {
        List<Mailbox> accepted = sent.stream()
                .filter(t -> !t.getValue().isRefusal())
                .map(Map.Entry::getKey)
                .toList();
        List<RcptTo> known = transaction.recipients();
        int index = accepted.size() == known.size() ? accepted.indexOf(recipient) : -1;
        return index < 0 ? recipient : known.get(index).recipient();
    }

    /** Whether no more of it is sent to the milter. */
    boolean isDecided() {
        return decided;
    }

    /** What is still to come of it passes, as far as the milter is asked. */
    void pass() {
        decided = true;
    }

    /** What is still to come of it is refused. */
    void refuse(Reply reply) {
        decided = true;
        refusal = Optional.of(reply);
    }

    Optional<Reply> refusal() {
        return refusal;
    }

    /** What is still to come of it passes, and the message goes elsewhere. */
    void routeTo(Target target) {
        decided = true;
        route = Optional.of(target);
    }

    Optional<Target> route() {
        return route;
    }
}
