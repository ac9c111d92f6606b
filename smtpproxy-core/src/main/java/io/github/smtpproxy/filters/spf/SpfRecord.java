package io.github.smtpproxy.filters.spf;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a domain says in one record (RFC 7208 §4.5 and §4.6). Immutable. */
record SpfRecord(List<Directive> directives, Optional<MacroString> redirect, Optional<MacroString> explanation) {

    private static final int MAX = 10_000;
    private static final String VERSION = "v=spf1";
    private static final Pattern MODIFIER = Pattern.compile("([A-Za-z][A-Za-z0-9_.-]*)=(.*)");

    /** The one of these texts that is a record; empty if none is. */
    static Optional<SpfRecord> among(List<String> texts) {
        List<String> records = texts.stream().filter(SpfRecord::isRecord).toList();
        if (records.size() > 1) {
            throw SpfException.permanent(records.size() + " records");
        }
        return records.stream().findFirst().map(SpfRecord::parse);
    }

    private static boolean isRecord(String text) {
        return text.regionMatches(true, 0, VERSION, 0, VERSION.length())
                && (text.length() == VERSION.length() || text.charAt(VERSION.length()) == ' ');
    }

    /** All of it: an error anywhere is one of the record, whatever matches before (§4.6). */
    private static SpfRecord parse(String text) {
        if (text.length() > MAX) {
            throw SpfException.permanent("a record of " + text.length() + " octets");
        }
        List<Directive> directives = new ArrayList<>();
        List<MacroString> redirects = new ArrayList<>();
        List<MacroString> explanations = new ArrayList<>();
        for (String term : text.substring(VERSION.length()).split(" ")) {
            Matcher modifier = MODIFIER.matcher(term);
            if (modifier.matches()) {
                String value = modifier.group(2);
                switch (modifier.group(1).toLowerCase(Locale.ROOT)) {
                    case "redirect" -> redirects.add(MacroString.name(value));
                    case "exp" -> explanations.add(MacroString.name(value));
                    default -> MacroString.checkUnknown(value);
                }
            } else if (!term.isEmpty()) {
                directives.add(Directive.parse(term));
            }
        }
        return new SpfRecord(List.copyOf(directives), only("redirect", redirects), only("exp", explanations));
    }

    private static Optional<MacroString> only(String name, List<MacroString> values) {
        if (values.size() > 1) {
            throw SpfException.permanent(name + " twice");
        }
        return values.stream().findFirst();
    }
}
