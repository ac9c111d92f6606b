package io.github.smtpproxy.spring;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.springframework.boot.ssl.SslBundle;

/**
 * The keys of a bundle as it is now; and as it was before, for the handshake that has asked for the alias but not yet for the
 * key.
 */
final class CurrentKeys extends X509ExtendedKeyManager {

    /** A bundle's keys, which are told from those before by a number in their aliases. */
    private record Loaded(int generation, X509ExtendedKeyManager keys) {

        static Loaded of(int generation, SslBundle bundle) {
            return Stream.of(bundle.getManagers().getKeyManagers())
                    .filter(X509ExtendedKeyManager.class::isInstance)
                    .map(keys -> new Loaded(generation, (X509ExtendedKeyManager) keys))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("the SSL bundle has no X.509 keys"));
        }

        String prefix() {
            return generation + ":";
        }

        private String alias(String own) {
            return own == null ? null : prefix() + own;
        }

        private String[] aliases(String... own) {
            return own == null ? null : Stream.of(own).map(this::alias).toArray(String[]::new);
        }
    }

    private volatile Loaded previous;
    private volatile Loaded current;

    CurrentKeys(SslBundle bundle) {
        current = Loaded.of(0, bundle);
        previous = current;
    }

    synchronized void swap(SslBundle bundle) {
        Loaded next = Loaded.of(current.generation + 1, bundle);
        previous = current;
        current = next;
    }

    private String chosen(Function<X509ExtendedKeyManager, String> choice) {
        Loaded now = current;
        return now.alias(choice.apply(now.keys));
    }

    private <T> T of(String alias, Function<X509ExtendedKeyManager, Function<String, T>> what) {
        Optional<Loaded> loaded = Stream.of(current, previous)
                .filter(l -> alias.startsWith(l.prefix()))
                .findFirst();
        return loaded.map(
                        l -> what.apply(l.keys).apply(alias.substring(l.prefix().length())))
                .orElse(null);
    }

    @Override
    public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
        return chosen(keys -> keys.chooseEngineServerAlias(type, issuers, engine));
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
        return chosen(keys -> keys.chooseServerAlias(type, issuers, socket));
    }

    @Override
    public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
        return chosen(keys -> keys.chooseEngineClientAlias(types, issuers, engine));
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
        return chosen(keys -> keys.chooseClientAlias(types, issuers, socket));
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
        Loaded now = current;
        return now.aliases(now.keys.getServerAliases(type, issuers));
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
        Loaded now = current;
        return now.aliases(now.keys.getClientAliases(type, issuers));
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        return of(alias, keys -> keys::getCertificateChain);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        return of(alias, keys -> keys::getPrivateKey);
    }
}
