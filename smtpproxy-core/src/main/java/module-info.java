/** The running SMTP proxy; the contracts of filters, routers and throttles come with it. */
@SuppressWarnings("requires-automatic") // SubEtha's jar describes no module; its name stands in .subetha alone
module io.github.smtpproxy.core {
    requires transitive io.github.smtpproxy.api;
    requires static transitive org.jspecify;
    requires static com.fasterxml.jackson.annotation; // optional, as those below: see the pages of what needs them
    requires static com.fasterxml.jackson.core;
    requires static com.github.benmanes.caffeine;
    requires static com.sun.jna;
    requires static com.ongres.scram.client;
    requires static io.github.bucket4j.core;
    requires static io.opentelemetry.api;
    requires static io.opentelemetry.context;
    requires static jdk.jfr;
    requires static lettuce.core;
    requires static micrometer.core;
    requires static org.dnsjava;
    requires static jdk.httpserver; // of every JDK, but not of every image that is made of one
    requires static spring.beans;
    requires static spring.boot;
    requires static spring.boot.actuator;
    requires static spring.boot.autoconfigure;
    requires static spring.boot.health;
    requires static spring.boot.test;
    requires static spring.boot.test.autoconfigure;
    requires static spring.context;
    requires static spring.core;
    requires static spring.test;
    requires static org.assertj.core;
    requires static org.junit.jupiter.api;
    requires java.management;
    requires org.slf4j;
    requires subethasmtp;

    exports io.github.smtpproxy;
    exports io.github.smtpproxy.chaos;
    exports io.github.smtpproxy.config;
    exports io.github.smtpproxy.dns;
    exports io.github.smtpproxy.filters;
    exports io.github.smtpproxy.filters.clamav;
    exports io.github.smtpproxy.filters.dmarc;
    exports io.github.smtpproxy.filters.dkim;
    exports io.github.smtpproxy.filters.dnslists;
    exports io.github.smtpproxy.filters.greylist;
    exports io.github.smtpproxy.filters.hook;
    exports io.github.smtpproxy.filters.milter;
    exports io.github.smtpproxy.filters.policy;
    exports io.github.smtpproxy.filters.reputation;
    exports io.github.smtpproxy.filters.rspamd;
    exports io.github.smtpproxy.filters.sender;
    exports io.github.smtpproxy.filters.spamassassin;
    exports io.github.smtpproxy.filters.spf;
    exports io.github.smtpproxy.jfr;
    exports io.github.smtpproxy.metrics;
    exports io.github.smtpproxy.inspect;
    exports io.github.smtpproxy.oauth2;
    exports io.github.smtpproxy.junit;
    exports io.github.smtpproxy.routing;
    exports io.github.smtpproxy.service;
    exports io.github.smtpproxy.spring;
    exports io.github.smtpproxy.state;
    exports io.github.smtpproxy.state.redis;
    exports io.github.smtpproxy.subetha;
    exports io.github.smtpproxy.throttling;
    exports io.github.smtpproxy.tls;
    exports io.github.smtpproxy.tracing;

    opens io.github.smtpproxy.spring; // to Spring, which makes its beans
}
