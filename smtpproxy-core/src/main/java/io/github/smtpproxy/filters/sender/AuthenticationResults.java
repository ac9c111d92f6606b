package io.github.smtpproxy.filters.sender;

import io.github.smtpproxy.filters.dkim.DkimResult;
import io.github.smtpproxy.filters.dmarc.DmarcResult;
import io.github.smtpproxy.filters.spf.SpfResult;
import io.github.smtpproxy.filters.spf.SpfResult.Identity;
import io.github.smtpproxy.message.Headers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Our Authentication-Results fields (RFC 8601): several where one line cannot hold them. Immutable. */
final class AuthenticationResults {

    private static final String NAME = "Authentication-Results";
    /** RFC 5322 §2.1.1 lets a line have 998, with its name. */
    private static final int MAX_LINE = 960;

    private static final int MAX_VALUE = 150;
    private static final int MAX_REASON = 100;
    private static final String TOKEN = "[!#-'*+.0-9A-Z^-~-]+";

    private final String id;

    /** @param id by which we call ourselves there */
    AuthenticationResults(String id) {
        this.id = id;
    }

    /** These without fields that claim to be ours, and those that nobody can tell whose they are (§5). */
    Headers withoutOurs(Headers headers) {
        return headers.without(NAME, value -> {
            String claimed = AuthservId.of(value).orElse(id);
            return claimed.equalsIgnoreCase(id);
        });
    }

    /** These with what we found on top. */
    Headers prepend(Headers headers, VerifiedSender sender) {
        List<String> fields = fields(sender);
        Collections.reverse(fields);
        Headers changed = headers;
        for (String field : fields) {
            changed = changed.prepend(NAME, field);
        }
        return changed;
    }

    private List<String> fields(VerifiedSender sender) {
        List<String> results = new ArrayList<>();
        results.add(spf(sender.spf()));
        sender.dkim().forEach(signature -> results.add(dkim(signature)));
        results.add(dmarc(sender.dmarc()));
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder(id);
        for (String result : results) {
            if (field.length() > id.length() && field.length() + result.length() + 2 > MAX_LINE - NAME.length()) {
                fields.add(field.toString());
                field = new StringBuilder(id);
            }
            field.append("; ").append(result);
        }
        fields.add(field.toString());
        return fields;
    }

    private static String spf(SpfResult result) {
        String name = result.identity() == Identity.HELO ? "smtp.helo" : "smtp.mailfrom";
        return "spf=" + VerifiedSender.lower(result.code()) + reason(result.reason()) + property(name, result.domain());
    }

    private static String dkim(DkimResult result) {
        return "dkim=" + VerifiedSender.lower(result.code()) + reason(result.reason())
                + property("header.d", result.domain())
                + property("header.s", result.selector())
                + property("header.a", result.algorithm())
                + property("header.b", result.signature());
    }

    private static String dmarc(DmarcResult result) {
        return "dmarc=" + VerifiedSender.lower(result.code()) + reason(result.reason())
                + property("header.from", result.author())
                + property(
                        "policy.dmarc",
                        result.policyDomain().isEmpty() ? "" : result.policy().toString());
    }

    private static String reason(String text) {
        return text.isEmpty() ? "" : " reason=" + quoted(text.substring(0, Math.min(text.length(), MAX_REASON)));
    }

    /** What is too long is left out: cut, a name would be another name. */
    private static String property(String name, String value) {
        if (value.isEmpty() || value.length() > MAX_VALUE) {
            return "";
        }
        return " " + name + "=" + (value.matches(TOKEN) ? value : quoted(value));
    }

    private static String quoted(String text) {
        return '"' + text.replaceAll("[^ -~]|[\"\\\\]", "?") + '"';
    }
}
