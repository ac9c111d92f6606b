package io.github.smtpproxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What credentials take, keep and show. */
class CredentialsTest {

    @ParameterizedTest
    @ValueSource(strings = {"tim", "t,i=m", "tim@example.com", "grün", "a b"})
    void the_user_is_kept_as_it_is(String user) {
        assertThat(Credentials.password(user, "pw").user()).isEqualTo(user);
        assertThat(Credentials.token(user, () -> "t").user()).isEqualTo(user);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "t\0m", "t\rm", "tim\n", "\1", "t\u007fm", "t\u0085m"})
    void a_user_that_is_empty_or_has_a_control_character_is_told(String user) {
        String message = "user must not be empty or contain control characters";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Credentials.password(user, "pw"))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Credentials.token(user, () -> "t"))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\0", "p\0w", "pw\0"})
    void a_password_that_is_empty_or_has_a_nul_is_told_but_not_shown(String password) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Credentials.password("tim", password))
                .withMessage("password must not be empty or contain NUL");
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "p w", "\r\n", "\u00fc", "\1"})
    void a_password_is_kept_as_it_is(String password) {
        assertThat(((Credentials.Password) Credentials.password("tim", password)).password())
                .isEqualTo(password);
    }

    @Test
    void as_text_they_are_the_user_alone() {
        assertThat(Credentials.password("tim", "pw")).hasToString("tim");
        assertThat(Credentials.token("tim", () -> "t")).hasToString("tim");
    }

    @Test
    void they_are_equal_by_all_they_have() {
        Supplier<String> tokens = () -> "t";
        assertThat(Credentials.password("tim", "pw"))
                .isEqualTo(Credentials.password("tim", "pw"))
                .hasSameHashCodeAs(Credentials.password("tim", "pw"))
                .isNotEqualTo(Credentials.password("tim", "PW"))
                .isNotEqualTo(Credentials.password("Tim", "pw"))
                .isNotEqualTo(Credentials.token("tim", tokens));
        assertThat(Credentials.token("tim", tokens))
                .isEqualTo(Credentials.token("tim", tokens))
                .hasSameHashCodeAs(Credentials.token("tim", tokens))
                .isNotEqualTo(Credentials.token("Tim", tokens))
                .isNotEqualTo(Credentials.token("tim", () -> "t"));
    }

    @Test
    void no_token_is_asked_for_before_a_login() {
        Supplier<String> tokens = () -> {
            throw new AssertionError("asked");
        };
        Credentials credentials = Credentials.token("tim", tokens);
        assertThat(credentials).isEqualTo(Credentials.token("tim", tokens)).hasToString("tim");
    }

    @Test
    void nothing_is_null() {
        assertThatNullPointerException().isThrownBy(() -> Credentials.password(null, "pw"));
        assertThatNullPointerException().isThrownBy(() -> Credentials.password("tim", null));
        assertThatNullPointerException().isThrownBy(() -> Credentials.token(null, () -> "t"));
        assertThatNullPointerException().isThrownBy(() -> Credentials.token("tim", null));
    }
}
