package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.smtpproxy.filters.dkim.DkimKey;
import io.github.smtpproxy.testing.CapturedLog;
import io.github.smtpproxy.testing.DkimKeys;
import io.github.smtpproxy.testing.ForeignSigner;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys come from PEM files, and those that cannot be used are told at once. */
class DkimKeyTest {

    private static final KeyPair RSA = ForeignSigner.rsa(2048);
    private static final KeyPair ED25519 = ForeignSigner.ed25519();

    @TempDir
    private Path folder;

    private DkimKey load(String pem) {
        return DkimKey.load("Example.ORG", "s1", DkimKeys.file(folder.resolve("key.pem"), pem));
    }

    @Test
    void pkcs8_and_pkcs1_hold_the_same_key() {
        String published = "v=DKIM1; k=rsa; p=" + ForeignSigner.published(RSA);
        assertThat(load(DkimKeys.pkcs8(RSA)).record()).isEqualTo(published);
        assertThat(load("some text\n" + DkimKeys.pkcs1(RSA).replace("\n", "\r\n"))
                        .record())
                .isEqualTo(published);
        assertThat(load(DkimKeys.pkcs8(RSA)))
                .hasToString("s1._domainkey.example.org")
                .returns("example.org", DkimKey::domain)
                .returns("s1", DkimKey::selector)
                .returns("s1._domainkey.example.org", DkimKey::recordName);
    }

    @Test
    void the_public_half_of_ed25519_is_computed() {
        assertThat(load(DkimKeys.pkcs8(ED25519)).record())
                .isEqualTo("v=DKIM1; k=ed25519; p=" + ForeignSigner.published(ED25519));
    }

    @Test
    void a_short_key_is_warned_of() {
        try (CapturedLog log = new CapturedLog()) {
            load(DkimKeys.pkcs8(ForeignSigner.rsa(1024)));
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .endsWith("key.pem: has less than 2048 bits, which some do not accept");
        }
    }

    static Stream<String[]> unusable() throws Exception {
        KeyPairGenerator ec = KeyPairGenerator.getInstance("EC");
        KeyPairGenerator x = KeyPairGenerator.getInstance("Ed448");
        String good = DkimKeys.pkcs8(RSA);
        return Stream.of(
                new String[] {"", "holds no unencrypted PEM private key"},
                new String[] {good.replace("PRIVATE", "PUBLIC"), "holds no unencrypted PEM private key"},
                new String[] {good.replace("PRIVATE", "ENCRYPTED PRIVATE"), "holds no unencrypted PEM private key"},
                new String[] {good.replace("-----END", "-----ENDE"), "holds no unencrypted PEM private key"},
                new String[] {
                    good.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n"), "holds no unencrypted PEM"
                },
                new String[] {DkimKeys.pem("PRIVATE KEY", new byte[40]), "is damaged, or neither RSA nor Ed25519"},
                new String[] {DkimKeys.pem("RSA PRIVATE KEY", new byte[40]), "is damaged, or neither RSA nor Ed25519"},
                new String[] {DkimKeys.pkcs8(ec.generateKeyPair()), "is damaged, or neither RSA nor Ed25519"},
                new String[] {DkimKeys.pkcs8(x.generateKeyPair()), "neither RSA"},
                new String[] {DkimKeys.pkcs8(ForeignSigner.rsa(768)), "key has less than 1024 bits"},
                new String[] {"x".repeat(70_000), "is larger than 65536 octets"});
    }

    @ParameterizedTest
    @MethodSource("unusable")
    void a_file_that_cannot_be_used_is_named_with_the_reason(String pem, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> load(pem))
                .withMessageStartingWith(folder.resolve("key.pem") + ": ")
                .withMessageContaining(reason);
    }

    @Test
    void a_file_that_is_not_there_is_named() {
        Path file = folder.resolve("none.pem");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DkimKey.load("example.org", "s1", file))
                .withMessage(file + ": cannot be read: NoSuchFileException");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example..org",
                "[127.0.0.1]",
                "http://example.org",
                "example.org;x",
                "a b.org",
                "x@y.org",
                "127.0.0.1"
            })
    void a_domain_must_be_one(String domain) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DkimKey.of(domain, "s1", RSA.getPrivate()))
                .withMessage("domain must be a domain name, was \"" + domain + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "a b", "s;h=x", "s\r\n", "-s", "\u00fc"})
    void a_selector_must_be_one(String selector) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DkimKey.of("example.org", selector, RSA.getPrivate()))
                .withMessage("selector must be labels of a name, was \"" + selector + "\"");
    }

    @Test
    void labels_beyond_ascii_and_numbers_are_names_too() {
        assertThat(DkimKey.of("b\u00fccher.example", "2026", RSA.getPrivate()).recordName())
                .isEqualTo("2026._domainkey.xn--bcher-kva.example");
    }
}
