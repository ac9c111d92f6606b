package io.github.smtpproxy.authentication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a SCRAM secret is made of, takes and shows. */
class ScramSecretTest {

    private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
    private static final byte[] KEY = new byte[32];

    @Test
    void its_keys_are_those_that_others_derive() {
        // Of the password, salt and iterations in the example of RFC 7677 §3; derived with Python's hashlib and hmac.
        ScramSecret secret = ScramSecret.of("pencil", SALT, 4096);
        assertThat(base64(secret.storedKey())).isEqualTo("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
        assertThat(base64(secret.serverKey())).isEqualTo("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
        assertThat(secret.salt()).isEqualTo(SALT);
        assertThat(secret.iterations()).isEqualTo(4096);
    }

    @Test
    void a_password_outside_of_ascii_is_hashed_as_utf_8() {
        ScramSecret secret = ScramSecret.of("p\u00e4\u00dfw\u00f6rt \u5bc6\u7801", SALT, 4096);
        assertThat(base64(secret.storedKey())).isEqualTo("l7edLtH3Q6x9DPSfokNA6bAN+imFSa+vpJOWVc7BzNM=");
    }

    @Test
    void each_secret_of_a_password_has_its_own_salt() {
        ScramSecret one = ScramSecret.of("pw");
        ScramSecret two = ScramSecret.of("pw");
        assertThat(one.salt()).hasSize(ScramSecret.SALT_LENGTH).isNotEqualTo(two.salt());
        assertThat(one.iterations()).isEqualTo(ScramSecret.ITERATIONS);
        assertThat(one).isNotEqualTo(two);
        assertThat(one).isEqualTo(ScramSecret.of("pw", one.salt(), one.iterations()));
    }

    @Test
    void what_was_stored_comes_back_equal() {
        ScramSecret secret = ScramSecret.of("pw", SALT, 4096);
        ScramSecret stored = ScramSecret.of(secret.salt(), secret.iterations(), secret.storedKey(), secret.serverKey());
        assertThat(stored).isEqualTo(secret).hasSameHashCodeAs(secret);
    }

    @Test
    void two_are_equal_only_if_all_four_values_are() {
        byte[] other = filled(32);
        ScramSecret secret = ScramSecret.of(SALT, 4096, KEY, KEY);
        assertThat(secret)
                .isNotEqualTo(ScramSecret.of(filled(16), 4096, KEY, KEY))
                .isNotEqualTo(ScramSecret.of(SALT, 4097, KEY, KEY))
                .isNotEqualTo(ScramSecret.of(SALT, 4096, other, KEY))
                .isNotEqualTo(ScramSecret.of(SALT, 4096, KEY, other))
                .isNotEqualTo(secret.toString());
    }

    static final List<Function<ScramSecret, byte[]>> ARRAYS =
            List.of(ScramSecret::salt, ScramSecret::storedKey, ScramSecret::serverKey);

    @ParameterizedTest
    @FieldSource("ARRAYS")
    void nobody_changes_it_by_an_array_that_came_out(Function<ScramSecret, byte[]> array) {
        ScramSecret secret = ScramSecret.of(SALT, 4096, filled(32), filled(32));
        Arrays.fill(array.apply(secret), (byte) 0);
        assertThat(secret).isEqualTo(ScramSecret.of(SALT, 4096, filled(32), filled(32)));
    }

    @Test
    void nobody_changes_it_by_an_array_that_went_in() {
        byte[] salt = filled(16);
        byte[] stored = filled(32);
        byte[] server = filled(32);
        ScramSecret secret = ScramSecret.of(salt, 4096, stored, server);
        List.of(salt, stored, server).forEach(array -> Arrays.fill(array, (byte) 0));
        assertThat(secret).isEqualTo(ScramSecret.of(filled(16), 4096, filled(32), filled(32)));
    }

    @ParameterizedTest
    @CsvSource({"8, 4096", "1024, 4096", "16, 1000000"})
    void the_bounds_themselves_are_within(int salt, int iterations) {
        ScramSecret secret = ScramSecret.of(new byte[salt], iterations, KEY, KEY);
        assertThat(secret.salt()).hasSize(salt);
        assertThat(secret.iterations()).isEqualTo(iterations);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4096, 32, 32, 'salt must be between 8 and 1024 octets, was 0'",
        "7, 4096, 32, 32, 'salt must be between 8 and 1024 octets, was 7'",
        "1025, 4096, 32, 32, 'salt must be between 8 and 1024 octets, was 1025'",
        "8, 4095, 32, 32, 'iterations must be between 4096 and 1000000, was 4095'",
        "8, 1000001, 32, 32, 'iterations must be between 4096 and 1000000, was 1000001'",
        "8, -1, 32, 32, 'iterations must be between 4096 and 1000000, was -1'",
        "8, 4096, 31, 32, 'storedKey must be 32 octets, was 31'",
        "8, 4096, 32, 33, 'serverKey must be 32 octets, was 33'"
    })
    void what_is_out_of_bounds_is_told(int salt, int iterations, int storedKey, int serverKey, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ScramSecret.of(new byte[salt], iterations, new byte[storedKey], new byte[serverKey]))
                .withMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"7, 4096", "1025, 4096", "8, 4095", "8, 1000001"})
    void the_bounds_hold_for_a_password_too(int salt, int iterations) {
        assertThatIllegalArgumentException().isThrownBy(() -> ScramSecret.of("pw", new byte[salt], iterations));
    }

    @ParameterizedTest
    @CsvSource({
        "\u2168, IX",
        "\ufb01x, fix",
        "Schlu\u0308ssel, Schl\u00fcssel",
        "a\u00a0b, a b",
        "a\u3000b, a b",
        "\uff41, a"
    })
    void passwords_that_are_compatible_are_the_same(String password, String same) {
        assertThat(ScramSecret.of(password, SALT, 4096)).isEqualTo(ScramSecret.of(same, SALT, 4096));
    }

    @ParameterizedTest
    @CsvSource({"pw, PW", "pw, 'pw '", "stra\u00dfe, strasse", "a, \u0430"})
    void passwords_that_only_look_alike_are_not(String password, String other) {
        assertThat(ScramSecret.of(password, SALT, 4096)).isNotEqualTo(ScramSecret.of(other, SALT, 4096));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\0",
                "heart\u2764\ufe0f",
                "a\u1680b",
                "p\tw",
                "pw\n",
                "p\u007f",
                "p\u0085",
                "p\u00adw",
                "p\u200dw",
                "\u202ep",
                "\ufeffp",
                "p\ue000",
                "p\u0378",
                "p\u2028w",
                "p\u2029w",
                "p\uffff"
            })
    void what_clients_may_drop_or_refuse_is_told_but_not_shown(String password) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ScramSecret.of(password))
                .withMessage("password must not be empty or contain control, format, unassigned or private characters,"
                        + " or those that are mapped to nothing (RFC 3454 table B.1)");
    }

    @Test
    void half_a_surrogate_pair_is_told() {
        assertThatIllegalArgumentException().isThrownBy(() -> ScramSecret.of("p" + (char) 0xd800));
        assertThatIllegalArgumentException().isThrownBy(() -> ScramSecret.of("p" + (char) 0xdc00));
    }

    @Test
    void as_text_it_is_its_iterations_alone() {
        assertThat(ScramSecret.of("pw", SALT, 4096)).hasToString("a SCRAM-SHA-256 secret of 4096 iterations");
    }

    private static byte[] filled(int length) {
        byte[] octets = new byte[length];
        Arrays.fill(octets, (byte) 7);
        return octets;
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }
}
