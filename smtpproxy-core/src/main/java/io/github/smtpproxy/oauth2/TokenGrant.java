package io.github.smtpproxy.oauth2;

import io.github.smtpproxy.service.Printable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a token is asked for with: the client's own right, or a refresh token, which may change. */
final class TokenGrant implements TokenCache.Source {

    private static final Logger log = LoggerFactory.getLogger(OAuth2Tokens.class);

    private final TokenRequest request;
    private final Consumer<String> rotated;
    /** The newest one that the store did not get. */
    private final AtomicReference<Optional<String>> unstored = new AtomicReference<>(Optional.empty());

    private final ReentrantLock storing = new ReentrantLock();
    private Optional<String> refreshToken;

    /** @param rotated gets each new refresh token */
    TokenGrant(TokenRequest request, Optional<String> refreshToken, Consumer<String> rotated) {
        this.request = request;
        this.refreshToken = refreshToken;
        this.rotated = rotated;
    }

    /** One thread at a time. */
    @Override
    public TokenAnswer ask() throws TokenRefusedException {
        List<String> secrets = new ArrayList<>(request.secrets());
        refreshToken.ifPresent(secrets::add);
        try {
            return TokenAnswer.of(request.send(parameters()), secrets, this::refreshed);
        } catch (IOException e) {
            throw TokenRefusedException.forNow("the server cannot be asked: " + Printable.of(e.toString()));
        }
    }

    private void refreshed(String token) {
        if (refreshToken.filter(before -> !before.equals(token)).isPresent()) {
            refreshToken = Optional.of(token);
            unstored.set(refreshToken);
        }
    }

    /** One thread stores at a time, in order; the others do not wait for it, and it stores for them what is new. */
    @Override
    public void afterwards() {
        while (unstored.get().isPresent() && !storing.isHeldByCurrentThread() && storing.tryLock()) {
            try {
                unstored.getAndSet(Optional.empty()).ifPresent(this::store);
            } finally {
                storing.unlock();
            }
        }
    }

    private Map<String, String> parameters() {
        return refreshToken
                .map(token -> Map.of("grant_type", "refresh_token", "refresh_token", token))
                .orElse(Map.of("grant_type", "client_credentials"));
    }

    /** The message of an exception may contain the token. */
    private void store(String token) {
        try {
            rotated.accept(token);
        } catch (RuntimeException | Error e) {
            log.error(
                    "{}: the new refresh token is not stored: {}",
                    request,
                    e.getClass().getName());
        }
    }
}
