package io.github.smtpproxy.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What an authenticator of one lambda says to the rest. */
class AuthenticatorTest {

    private final Authenticator all = (user, password) -> true;

    @Test
    void one_of_passwords_offers_plain_and_login() {
        assertThat(all.mechanisms()).containsExactly("PLAIN", "LOGIN");
    }

    @Test
    void one_of_passwords_takes_no_token_and_has_no_scram_secret() {
        assertThat(all.acceptsToken("tim", "token")).isFalse();
        assertThat(all.scram("tim")).isEmpty();
    }
}
