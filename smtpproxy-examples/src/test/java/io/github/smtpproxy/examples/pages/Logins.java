package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.oauth2.OAuth2Tokens;
import io.github.smtpproxy.route.Credentials;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.StartTls;
import java.util.function.Consumer;
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

    static Destination byTokens(String secret) {
        // snippet: oauth2
        OAuth2Tokens tokens = OAuth2Tokens.clientCredentials(
                "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
                "CLIENT-ID",
                secret,
                "https://outlook.office365.com/.default");
        Destination microsoft = Destination.at("smtp.office365.com", 587)
                .startTls(StartTls.VERIFIED)
                .credentials(Credentials.oauth2("relay@example.com", tokens));
        // end
        return microsoft;
    }

    static OAuth2Tokens refreshed(String secret, String refreshToken, Consumer<String> store) {
        // snippet: refresh-token
        OAuth2Tokens tokens = OAuth2Tokens.refreshToken(
                        "https://oauth2.googleapis.com/token", "CLIENT-ID", refreshToken)
                .clientSecret(secret)
                .onRotation(store);
        // end
        return tokens;
    }
}
