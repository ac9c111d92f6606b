package io.github.smtpproxy.examples;

import io.github.smtpproxy.oauth2.OAuth2Tokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The gateway's login at the destination by tokens. */
final class OAuth2Options {

    @Option(
            names = "--oauth2-endpoint",
            paramLabel = "URL",
            description = "Log in as --to-user by tokens of this token server (OAuth 2.0), in place of a password.")
    private Optional<String> endpoint;

    @Option(names = "--oauth2-client", paramLabel = "ID", description = "The client's id at the token server.")
    private Optional<String> client;

    @Option(
            names = "--oauth2-secret-file",
            paramLabel = "FILE",
            description = "The client's secret: the first line of this file.")
    private Optional<Path> secretFile;

    @Option(names = "--oauth2-scope", paramLabel = "SCOPE", description = "What the tokens are for.")
    private Optional<String> scope;

    @Option(
            names = "--oauth2-refresh-token-file",
            paramLabel = "FILE",
            description =
                    "Use the refresh token in the first line of this file, and write there what the server puts in "
                            + "its place.")
    private Optional<Path> refreshTokenFile;

    private Optional<OAuth2Tokens> tokens = Optional.empty();

    /** The same for all destinations, or none. */
    Optional<OAuth2Tokens> tokens() {
        if (endpoint.isEmpty()) {
            if (client.isPresent() || secretFile.isPresent() || scope.isPresent() || refreshTokenFile.isPresent()) {
                throw new IllegalArgumentException("--oauth2-endpoint must be given with the other --oauth2 options");
            }
            return Optional.empty();
        }
        if (tokens.isEmpty()) {
            tokens = Optional.of(OptionValue.of("--oauth2-endpoint", () -> made(endpoint.get())));
        }
        return tokens;
    }

    private OAuth2Tokens made(String url) {
        String id = client.orElseThrow(() -> missing("--oauth2-client"));
        if (refreshTokenFile.isPresent()) {
            return refreshing(url, id, refreshTokenFile.get());
        }
        Path secret = secretFile.orElseThrow(() -> missing("--oauth2-secret-file"));
        return OAuth2Tokens.clientCredentials(
                url, id, TextFile.first(secret, "secret"), scope.orElseThrow(() -> missing("--oauth2-scope")));
    }

    private OAuth2Tokens refreshing(String url, String id, Path file) {
        OAuth2Tokens refreshing = OAuth2Tokens.refreshToken(url, id, TextFile.first(file, "refresh token"))
                .onRotation(token -> write(file, token));
        if (secretFile.isPresent()) {
            refreshing = refreshing.clientSecret(TextFile.first(secretFile.get(), "secret"));
        }
        return scope.isPresent() ? refreshing.scope(scope.get()) : refreshing;
    }

    private static IllegalArgumentException missing(String option) {
        return new IllegalArgumentException(option + " must be given with --oauth2-endpoint");
    }

    /** A gateway that ends meanwhile leaves the old one or the new one. */
    private static void write(Path file, String token) {
        try {
            Path beside = Files.createTempFile(file.toAbsolutePath().getParent(), file.getFileName() + ".", ".new");
            try {
                Files.writeString(beside, token + "\n");
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
