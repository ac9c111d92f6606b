package io.github.smtpproxy.junit;

import io.github.smtpproxy.event.Outcome;
import io.github.smtpproxy.event.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What one session has sent so far. Not thread-safe. */
final class Draft {

    private static final int MOST = 1_000;

    final String session;
    /** The test in which it began. */
    final long test;

    final boolean isFirst;
    final Set<String> verbs;
    final List<String> recipients = new ArrayList<>();
    final List<Refusal> refusals = new ArrayList<>();
    Optional<String> sender = Optional.empty();
    /** How its transaction ended; the last reply to it, and what is reported of that, come after it. */
    Optional<Outcome> outcome = Optional.empty();

    private Draft(String session, long test, boolean isFirst, Set<String> verbs) {
        this.session = session;
        this.test = test;
        this.isFirst = isFirst;
        this.verbs = verbs;
    }

    static Draft first(String session, long test) {
        return new Draft(session, test, true, new TreeSet<>());
    }

    /** What comes after the end of a transaction. */
    Draft next(long inTest) {
        return new Draft(session, inTest, false, verbs);
    }

    /** One that a transaction of another test continues: a connection that the program keeps. */
    Draft in(long otherTest) {
        Draft draft = new Draft(session, otherTest, isFirst, verbs);
        draft.sender = sender;
        return draft;
    }

    void accepted(String recipient) {
        if (recipients.size() < MOST) {
            recipients.add(recipient);
        }
    }

    void refused(Refusal refusal) {
        if (refusals.size() < MOST) {
            refusals.add(refusal);
        }
    }

    /** A line of the client; what it sends in an exchange of AUTH looks like a verb, and harms nothing. */
    void sent(String line) {
        int end = line.indexOf(' ');
        String verb = (end < 0 ? line : line.substring(0, end)).toUpperCase(Locale.ROOT);
        if (verbs.size() < MOST && verb.length() <= 20) {
            verbs.add(verb);
        }
    }
}
