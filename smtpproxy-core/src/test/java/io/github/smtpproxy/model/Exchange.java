package io.github.smtpproxy.model;

import java.util.Optional;

/** A step, how much of it was sent, and what the client heard. */
final class Exchange {

    final Step step;
    /** Whether all of it has been sent. */
    boolean sent;

    Optional<String> reply = Optional.empty();

    Exchange(Step step) {
        this.step = step;
    }

    boolean accepted() {
        return reply.filter(r -> r.startsWith("2")).isPresent();
    }

    /** Whether it may have been accepted: the client went before it heard. */
    boolean open() {
        return reply.isEmpty();
    }

    @Override
    public String toString() {
        String said = step.line().isEmpty() ? "(message " + step.subject() + ")" : step.line();
        String shown = said.length() > 120 ? said.substring(0, 120) + "..." : said;
        return shown + (step.octets().isEmpty() ? "" : " +" + step.octets().length() + " octets of " + step.subject())
                + (step.blind() ? " at once" : "") + (sent ? "" : " (cut off)") + " -> " + reply.orElse("(not heard)");
    }
}
