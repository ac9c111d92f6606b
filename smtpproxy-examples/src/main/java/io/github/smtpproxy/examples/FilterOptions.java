package io.github.smtpproxy.examples;

import io.github.smtpproxy.SmtpProxyBuilder;
import io.github.smtpproxy.config.AddressRange;
import io.github.smtpproxy.dns.Resolver;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.AllowRecipients;
import io.github.smtpproxy.filters.ChangeHeaders;
import io.github.smtpproxy.filters.Clients;
import io.github.smtpproxy.filters.Filters;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.filters.Observe;
import io.github.smtpproxy.filters.RedirectAll;
import io.github.smtpproxy.filters.Scanner;
import io.github.smtpproxy.filters.clamav.ScanWithClamAv;
import io.github.smtpproxy.filters.dnslists.ListSettings;
import io.github.smtpproxy.filters.dnslists.RefuseListed;
import io.github.smtpproxy.filters.greylist.Greylist;
import io.github.smtpproxy.filters.policy.AskPolicy;
import io.github.smtpproxy.filters.rspamd.ScanWithRspamd;
import io.github.smtpproxy.filters.sender.VerifySender;
import io.github.smtpproxy.filters.spamassassin.ScanWithSpamAssassin;
import io.github.smtpproxy.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the gateway refuses and changes: lists, policy servers, scanners, and who is exempt from them. */
final class FilterOptions {

    @Option(
            names = "--max-message-bytes",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            description = "Reject larger messages, such as 512K or 25M; without it, the destination decides.")
    private Long maxMessageBytes;

    @Option(
            names = "--dnsbl",
            paramLabel = "ZONE[=FILTER][*WEIGHT]",
            description =
                    "Refuse clients by this DNS list, such as zen.example=127.0.0.[2..11]*2; a weight below 0 is for "
                            + "lists of good ones. From a sum of 1 on, recipients are refused.")
    private List<String> dnsbl = List.of();

    @Option(
            names = "--dns",
            paramLabel = "HOST:PORT",
            description = "Ask this DNS server; without it, those of the system.")
    private List<String> dns = List.of();

    @Option(
            names = "--greylist",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "Defer the first mail of a client's network, sender and recipient for this time, such as 5m.")
    private Duration greylist;

    @Option(
            names = "--policy",
            paramLabel = "HOST:PORT|PATH",
            description =
                    "Ask this policy server of Postfix's protocol about each recipient; the next one if it is down.")
    private List<String> policy = List.of();

    @Option(
            names = "--rspamd",
            paramLabel = "URL",
            description = "Scan messages with rspamd, such as http://127.0.0.1:11333, at the same time as with other "
                    + "scanners; the next one if it is down.")
    private List<String> rspamd = List.of();

    @Option(
            names = "--spamd",
            paramLabel = "HOST:PORT|PATH",
            description =
                    "Scan messages with SpamAssassin's spamd, at the same time as with other scanners; the next one if it is down.")
    private List<String> spamd = List.of();

    @Option(
            names = "--clamd",
            paramLabel = "HOST:PORT|PATH",
            description =
                    "Scan messages with ClamAV's clamd, at the same time as with other scanners; the next one if it is down.")
    private List<String> clamd = List.of();

    @Mixin
    private HookOptions hookOptions;

    @Option(
            names = "--allow-recipients",
            paramLabel = "DOMAIN|ADDRESS",
            split = ",",
            description = "Refuse all other recipients; .example.org is any domain below it.")
    private List<String> allowRecipients = List.of();

    @Option(
            names = "--redirect-all",
            paramLabel = "ADDRESS",
            description = "Send all mail to this address; the recipients are in X-Original-To fields.")
    private String redirectAll;

    @Option(names = "--add-header", paramLabel = "'NAME: VALUE'", description = "Put this field before all others.")
    private List<String> addHeaders = List.of();

    @Option(
            names = "--exempt",
            paramLabel = "CIDR|authenticated|none",
            split = ",",
            description =
                    "Clients that are neither listed nor scanned, in place of loopback, private and authenticated ones. "
                            + "Those named here are exempt from limits too, from which nobody else is.")
    private List<String> exempt = List.of();

    @Option(
            names = "--observe",
            description = "Run lists, policy servers and scanners, and log what they find, but refuse "
                    + "and change nothing for it: no milter signs, and --verify-sender reports.")
    private boolean observe;

    /**
     * @param verifier goes before those that may change a message: what they change is not what was signed
     * @throws IllegalArgumentException if an option has an invalid value
     */
    void applyTo(SmtpProxyBuilder proxy, Optional<VerifySender> verifier) {
        each("--dns", dns, Resolver::at);
        each("--dnsbl", dnsbl, RefuseListed::by);
        each("--policy", policy, AskPolicy::at);
        each("--clamd", clamd, ScanWithClamAv::at);
        each("--rspamd", rspamd, ScanWithRspamd::at);
        each("--spamd", spamd, ScanWithSpamAssassin::at);
        each("--allow-recipients", allowRecipients, AllowRecipients::only);
        if (maxMessageBytes != null) {
            proxy.filter(OptionValue.of("--max-message-bytes", () -> LimitSize.to(maxMessageBytes)));
        }
        // first, so that no list and no server is asked about a recipient that is not allowed
        if (!allowRecipients.isEmpty()) {
            proxy.filter(OptionValue.of("--allow-recipients", () -> AllowRecipients.only(array(allowRecipients))));
        }
        asking().forEach(filter -> proxy.filter(observed(filter)));
        verifier.map(v -> v.resolver(resolver()).exempt(exempted()))
                .map(v -> observe ? v.report() : v)
                .ifPresent(proxy::filter);
        scanning().ifPresent(filter -> proxy.filter(observed(filter)));
        if (redirectAll != null) {
            proxy.filter(OptionValue.of("--redirect-all", () -> RedirectAll.to(redirectAll)));
        }
        addHeaders.forEach(field -> proxy.filter(OptionValue.of("--add-header", field, () -> added(field))));
    }

    /** Those who are exempt from limits as well: whom the option names, and not those who are exempt without it. */
    Optional<Predicate<Session>> exemptFromLimits() {
        return exempt.isEmpty() ? Optional.empty() : Optional.of(exempted());
    }

    /** A filter, which decides nothing if that is wanted. */
    Filter observed(Filter filter) {
        return observe ? Observe.only(filter) : filter;
    }

    /** Each by itself, so that the one is found that is wrong. */
    private static void each(String option, List<String> values, Function<String, Object> made) {
        values.forEach(value -> OptionValue.of(option, value, () -> made.apply(value)));
    }

    private Predicate<Session> exempted() {
        return exempt.isEmpty() ? Clients.trusted() : OptionValue.of("--exempt", this::named);
    }

    private Predicate<Session> named() {
        if (exempt.contains("none")) {
            if (exempt.size() > 1) {
                throw new IllegalArgumentException("--exempt none must stand alone, was " + String.join(",", exempt));
            }
            return Clients.none();
        }
        List<AddressRange> ranges = exempt.stream()
                .filter(value -> !value.equals("authenticated"))
                .map(AddressRange::parse)
                .toList();
        Predicate<Session> inRange = Clients.in(ranges);
        return exempt.contains("authenticated") ? inRange.or(Clients.authenticated()) : inRange;
    }

    private static Filter added(String field) {
        int colon = field.indexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("--add-header must be 'NAME: VALUE', was '" + field + "'");
        }
        return ChangeHeaders.add(
                field.substring(0, colon), field.substring(colon + 1).strip());
    }

    /** Those that decide about recipients. */
    private List<Filter> asking() {
        Predicate<Session> exempted = exempted();
        List<Filter> filters = new ArrayList<>();
        if (!dnsbl.isEmpty()) {
            filters.add(OptionValue.of("--dnsbl", () -> listed(exempted)));
        }
        if (greylist != null) {
            filters.add(
                    OptionValue.of("--greylist", () -> Greylist.after(greylist).exempt(exempted)));
        }
        if (!policy.isEmpty()) {
            filters.add(
                    OptionValue.of("--policy", () -> AskPolicy.at(array(policy)).exempt(exempted)));
        }
        return filters;
    }

    private Optional<Filter> scanning() {
        List<Scanner> scanners = scanners(exempted());
        return scanners.isEmpty() ? Optional.empty() : Optional.of(Filters.together(scanners.toArray(Filter[]::new)));
    }

    /** Who answers questions to the DNS. */
    Resolver resolver() {
        return dns.isEmpty() ? Resolver.system() : OptionValue.of("--dns", () -> Resolver.at(array(dns)));
    }

    private RefuseListed listed(Predicate<Session> exempted) {
        ListSettings lists = RefuseListed.by(array(dnsbl)).exempt(exempted);
        RefuseListed filter = (dns.isEmpty() ? lists : lists.resolver(resolver())).build();
        filter.testLists();
        return filter;
    }

    private List<Scanner> scanners(Predicate<Session> exempted) {
        List<Scanner> scanners = new ArrayList<>();
        if (!clamd.isEmpty()) {
            scanners.add(OptionValue.of(
                    "--clamd", () -> ScanWithClamAv.at(array(clamd)).exempt(exempted)));
        }
        if (!rspamd.isEmpty()) {
            scanners.add(OptionValue.of(
                    "--rspamd", () -> ScanWithRspamd.at(array(rspamd)).exempt(exempted)));
        }
        if (!spamd.isEmpty()) {
            scanners.add(OptionValue.of(
                    "--spamd", () -> ScanWithSpamAssassin.at(array(spamd)).exempt(exempted)));
        }
        hookOptions.scanner(exempted).ifPresent(scanners::add);
        return scanners;
    }

    private static String[] array(List<String> values) {
        return values.toArray(String[]::new);
    }
}
