package io.github.smtpproxy.internal.sasl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which mechanisms are relayed, and which of them an AUTH line keeps. */
class MechanismsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PLAIN",
                "LOGIN",
                "CRAM-MD5",
                "SCRAM-SHA-1",
                "SCRAM-SHA-256",
                "NTLM",
                "ANONYMOUS",
                "OTP",
                "XOAUTH2",
                "OAUTHBEARER",
                "X-NOBODY-KNOWS",
                "PLUS",
                "EXTERNAL2",
                "SRPX",
                "XGSSAPI",
                "XGS2-KRB5",
                "DIGEST-MD5X"
            })
    void what_ends_in_the_login_passes_known_or_not(String mechanism) {
        assertThat(Mechanisms.relayable(mechanism, true)).isTrue();
        assertThat(Mechanisms.relayable(mechanism, false)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GSSAPI",
                "gssapi",
                "GSS-SPNEGO",
                "GS2-KRB5",
                "GS2-KRB5-PLUS",
                "GS2-",
                "KERBEROS_V4",
                "DIGEST-MD5",
                "Digest-Md5",
                "SRP",
                "SRP-SHA-256",
                "SCRAM-SHA-1-PLUS",
                "scram-sha-256-plus",
                "X-NEW-PLUS",
                "X\u0085-PLUS"
            })
    void what_binds_its_two_ends_to_one_connection_does_not(String mechanism) {
        assertThat(Mechanisms.relayable(mechanism, true)).isFalse();
        assertThat(Mechanisms.relayable(mechanism, false)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"EXTERNAL", "external"})
    void external_passes_only_where_no_tls_ends_at_the_proxy(String mechanism) {
        assertThat(Mechanisms.relayable(mechanism, true)).isFalse();
        assertThat(Mechanisms.relayable(mechanism, false)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "AUTH PLAIN LOGIN, AUTH PLAIN LOGIN",
        "auth plain login, auth plain login",
        "AUTH=PLAIN GSSAPI LOGIN, AUTH=PLAIN LOGIN",
        "AUTH   PLAIN   GSSAPI  LOGIN  , AUTH PLAIN LOGIN",
        "AUTH DIGEST-MD5 EXTERNAL X-NEW, AUTH X-NEW",
        "AUTH PLAIN\u0085X GSSAPI, AUTH PLAIN\u0085X"
    })
    void an_auth_line_keeps_its_spelling_and_its_order(String line, String left) {
        assertThat(Mechanisms.filteredLine(line, m -> Mechanisms.relayable(m, true)))
                .contains(left);
    }

    @ParameterizedTest
    @ValueSource(strings = {"AUTH ", "AUTH=", "AUTH    ", "AUTH GSSAPI DIGEST-MD5", "AUTH=EXTERNAL"})
    void an_auth_line_with_nothing_left_goes(String line) {
        assertThat(Mechanisms.filteredLine(line, m -> Mechanisms.relayable(m, true)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "AUTH", "AUTHX PLAIN", "XAUTH PLAIN", "SIZE 10", " AUTH PLAIN"})
    void another_line_is_the_callers_fault(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Mechanisms.filteredLine(line, m -> Mechanisms.relayable(m, true)));
    }

    @Test
    void each_that_is_hidden_says_why() {
        assertThat(Arrays.stream(Mechanisms.values()).map(Mechanisms::reason)).doesNotContain("");
    }
}
