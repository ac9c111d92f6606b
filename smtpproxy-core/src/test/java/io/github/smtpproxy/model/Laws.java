package io.github.smtpproxy.model;

import io.github.smtpproxy.model.Step.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Only the destination accepts; close is not commit; a refusal holds. Reads what a client said and heard against what
 * the destinations took.
 */
final class Laws {

    private final Map<String, String> messages;
    private final List<Delivered> delivered;
    private final boolean filtered;
    private final UnaryOperator<String> change;
    private final Optional<String> added;
    private final List<String> broken = new ArrayList<>();
    private Optional<Transaction> current = Optional.empty();
    private boolean barred = true;

    /** A transaction as the client knows it. */
    private static final class Transaction {
        private final Exchange mail;
        private final List<Exchange> recipients = new ArrayList<>();
        private boolean chunkRefused;

        Transaction(Exchange mail) {
            this.mail = mail;
        }

        List<String> accepted() {
            return recipients.stream()
                    .filter(Exchange::accepted)
                    .map(r -> r.step.subject())
                    .toList();
        }
    }

    /**
     * @param filtered whether a filter looks at messages
     * @param change what it does to one that it lets pass
     * @param added the recipient that it adds
     */
    Laws(
            Map<String, String> messages,
            List<Delivered> delivered,
            boolean filtered,
            UnaryOperator<String> change,
            Optional<String> added) {
        this.messages = messages;
        this.delivered = delivered;
        this.filtered = filtered;
        this.change = change;
        this.added = added;
    }

    /** @return what was broken, in words */
    List<String> check(List<Exchange> exchanges) {
        exchanges.forEach(this::read);
        for (Delivered one : delivered) {
            check(one, exchanges);
        }
        return broken;
    }

    private void read(Exchange exchange) {
        if (exchange.accepted() && exchange.reply.orElseThrow().contains("unasked")) {
            broken.add("believed what nobody asked for: " + exchange);
        }
        switch (exchange.step.kind()) {
            case HELLO -> hello(exchange);
            case MAIL -> mail(exchange);
            case RCPT -> rcpt(exchange);
            case BDAT -> chunk(exchange);
            case MESSAGE -> end(exchange);
            case RSET -> {
                if (exchange.accepted()) {
                    current = Optional.empty();
                }
            }
            default -> {}
        }
    }

    private void hello(Exchange exchange) {
        if (exchange.accepted()) {
            current = Optional.empty();
            barred = false;
            expect(!Fate.isBad(exchange.step.subject()), "refused and accepted", exchange);
        } else if (Fate.isBad(exchange.step.subject())) {
            barred = true;
        }
    }

    private void mail(Exchange exchange) {
        if (exchange.accepted()) {
            expect(!Fate.isBad(exchange.step.subject()), "refused and accepted", exchange);
            expect(!barred, "MAIL without a good EHLO", exchange);
            current = Optional.of(new Transaction(exchange));
        }
    }

    private void rcpt(Exchange exchange) {
        current.ifPresent(t -> t.recipients.add(exchange));
        if (exchange.accepted()) {
            expect(current.isPresent(), "RCPT without a transaction", exchange);
            expect(!Fate.isBad(exchange.step.subject()), "refused and accepted", exchange);
            boolean own = exchange.reply.orElseThrow().equals("250 2.1.5 rcpt=" + exchange.step.subject());
            expect(own, "not the destination's own acceptance", exchange);
        }
    }

    private void chunk(Exchange exchange) {
        if (exchange.step.endsMessage()) {
            current.filter(t -> t.chunkRefused)
                    .ifPresent(t -> expect(!exchange.accepted(), "a chunk before it was refused", exchange));
            end(exchange);
        } else if (!exchange.accepted()) {
            current.ifPresent(t -> t.chunkRefused = true);
        }
    }

    private void end(Exchange exchange) {
        if (exchange.accepted()) {
            String token = exchange.step.subject();
            boolean own = exchange.reply.orElseThrow().equals("250 2.0.0 queued=" + token);
            expect(own, "not the destination's own acceptance", exchange);
            expect(current.isPresent(), "a message without a transaction", exchange);
            expect(!messages.get(token).contains("X-Fate: refused") || !filtered, "refused and accepted", exchange);
            List<Delivered> of =
                    delivered.stream().filter(d -> d.token().equals(token)).toList();
            expect(of.size() == 1, "told 250 and delivered " + of.size() + " times", exchange);
            current.ifPresent(t -> of.forEach(d -> same(t, d, exchange)));
        }
        // a command that was out of order, or is not offered, has ended nothing
        if (exchange.reply
                .filter(r -> !r.startsWith("502") && !r.startsWith("503"))
                .isPresent()) {
            current = Optional.empty();
        }
    }

    private void same(Transaction transaction, Delivered one, Exchange exchange) {
        expect(one.sender().equals(transaction.mail.step.subject()), "another sender: " + one.sender(), exchange);
        List<String> expected =
                Stream.concat(transaction.accepted().stream(), added.stream()).toList();
        expect(one.recipients().equals(expected), "other recipients: " + one.recipients(), exchange);
    }

    private void check(Delivered one, List<Exchange> exchanges) {
        Optional<Exchange> end = exchanges.stream()
                .filter(e -> e.step.endsMessage() && e.step.subject().equals(one.token()))
                .findFirst();
        if (end.isEmpty() || !end.get().sent) {
            broken.add("delivered before its end was sent: " + one.token());
            return;
        }
        String whole = messages.get(one.token());
        expect(change.apply(whole).equals(one.content()), "another message was delivered", end.get());
        expect(!Draft.standsAlone(whole), "a LF that stands alone was delivered", end.get());
        boolean refusedHere = filtered && (whole.contains("X-Fate: refused") || whole.contains("X-Fate: broken\r\n"));
        expect(!refusedHere, "a filter refused it", end.get());
        expect(!one.clear() || end.get().accepted() || end.get().open(), "delivered and not told so", end.get());
        envelope(one, exchanges.subList(0, exchanges.indexOf(end.get())), end.get());
    }

    private void envelope(Delivered one, List<Exchange> before, Exchange end) {
        expect(said(before, Kind.MAIL, one.sender()), "a sender that was refused: " + one.sender(), end);
        one.recipients().stream()
                .filter(r -> added.filter(r::equals).isEmpty())
                .forEach(r -> expect(said(before, Kind.RCPT, r), "a recipient that was refused: " + r, end));
    }

    private static boolean said(List<Exchange> before, Kind kind, String subject) {
        return !Fate.isBad(subject)
                && before.stream()
                        .anyMatch(e -> e.step.kind() == kind
                                && e.step.subject().equals(subject)
                                && (e.accepted() || e.open()));
    }

    private void expect(boolean holds, String otherwise, Exchange exchange) {
        if (!holds) {
            broken.add(otherwise + ": " + exchange);
        }
    }
}
