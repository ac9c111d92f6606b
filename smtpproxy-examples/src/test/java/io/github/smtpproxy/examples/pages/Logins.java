package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.StartTls;
import javax.net.ssl.SSLContext;

/** The code of the page on logins. */
final class Logins {

    private Logins() {}

    /** Who may log in. */
    interface Users {
        boolean check(String user, String password);
    }

    static Endpoint here(SSLContext certificate, Users users) {
        // snippet: authenticate
        Endpoint endpoint = Endpoint.port(587)
                .requireStartTls(certificate)
                .authenticate((user, password) -> users.check(user, password));
        // end
        return endpoint;
    }

    static Destination there(String password) {
        // snippet: credentials
        Destination provider = Destination.at("smtp.provider.example", 587)
                .startTls(StartTls.VERIFIED)
                .credentials("relay", password);
        // end
        return provider;
    }
}
