/** The running SMTP proxy; the contracts of filters, routers and throttles come with it. */
@SuppressWarnings("requires-automatic") // SubEtha's jar describes no module; its name stands in no signature of ours
module io.github.smtpproxy.core {
    requires transitive io.github.smtpproxy.api;
    requires static transitive org.jspecify;
    requires static com.fasterxml.jackson.core; // optional, as those below: see the pages of what needs them
    requires static com.github.benmanes.caffeine;
    requires static com.ongres.scram.client;
    requires static org.dnsjava;
    requires java.management;
    requires org.slf4j;
    requires subethasmtp;

    exports io.github.smtpproxy;
    exports io.github.smtpproxy.chaos;
    exports io.github.smtpproxy.config;
    exports io.github.smtpproxy.dns;
    exports io.github.smtpproxy.filters;
    exports io.github.smtpproxy.filters.clamav;
    exports io.github.smtpproxy.filters.dnslists;
    exports io.github.smtpproxy.filters.greylist;
    exports io.github.smtpproxy.filters.policy;
    exports io.github.smtpproxy.filters.reputation;
    exports io.github.smtpproxy.filters.rspamd;
    exports io.github.smtpproxy.filters.spamassassin;
    exports io.github.smtpproxy.routing;
    exports io.github.smtpproxy.service;
    exports io.github.smtpproxy.state;
    exports io.github.smtpproxy.tls;
}
