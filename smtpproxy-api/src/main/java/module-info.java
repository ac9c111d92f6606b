/** The contracts and values of smtpproxy: what a filter, router, throttle or listener needs, and nothing else. */
module io.github.smtpproxy.api {
    requires static transitive org.jspecify;

    exports io.github.smtpproxy.authentication;
    exports io.github.smtpproxy.event;
    exports io.github.smtpproxy.filter;
    exports io.github.smtpproxy.message;
    exports io.github.smtpproxy.protocol;
    exports io.github.smtpproxy.route;
    exports io.github.smtpproxy.session;
    exports io.github.smtpproxy.throttle;
}
