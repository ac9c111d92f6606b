package io.github.smtpproxy.filters.dkim;

import io.github.smtpproxy.filters.dkim.HeaderFields.Choice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * The fields that a signature covers. Each is named once more than the message has it, so that nobody can add another one
 * behind the signer's back; those that make a message what its reader sees also where there is none.
 */
final class SignedNames {

    private static final List<String> ALWAYS = List.of(
            "From",
            "Reply-To",
            "Subject",
            "Date",
            "To",
            "Cc",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding");

    private static final List<String> WHERE_PRESENT = List.of(
            "Message-ID",
            "In-Reply-To",
            "References",
            "List-Id",
            "List-Help",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "List-Subscribe",
            "List-Post",
            "List-Owner",
            "List-Archive",
            "Sender");

    private SignedNames() {}

    /** As {@code h=} lists them. */
    static List<String> of(HeaderFields fields) {
        Choice choice = fields.choice();
        List<String> names = new ArrayList<>();
        ALWAYS.forEach(name -> names.addAll(Collections.nCopies(count(choice, name) + 1, name)));
        WHERE_PRESENT.stream()
                .filter(name -> count(choice, name) > 0)
                .forEach(name -> names.addAll(Collections.nCopies(count(choice, name) + 1, name)));
        return names;
    }

    private static int count(Choice choice, String name) {
        return choice.count(name.toLowerCase(Locale.ROOT));
    }
}
