package io.github.smtpproxy.spring;

import java.security.GeneralSecurityException;
import java.util.Collections;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.TrustManager;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * TLS contexts of SSL bundles. When a bundle is reloaded, its contexts stay the same, and each new handshake uses the new
 * certificates.
 */
final class Bundles {

    private final Optional<SslBundles> bundles;

    Bundles(Optional<SslBundles> bundles) {
        this.bundles = bundles;
    }

    /** A context that has the bundle's key and trusts what the bundle trusts. */
    SSLContext withKey(String property, String name) {
        SslBundle bundle = bundle(property, name);
        if (bundle.getStores().getKeyStore() == null) {
            throw InvalidPropertyException.of(property, name, "the bundle must have a certificate and its key");
        }
        return context(property, name, bundle, Optional.of(new CurrentKeys(bundle)));
    }

    /** A context that trusts what the bundle trusts, and shows its certificate to a server that asks for one, if it has any. */
    SSLContext withTrust(String property, String name) {
        SslBundle bundle = bundle(property, name);
        Optional<CurrentKeys> keys =
                Optional.ofNullable(bundle.getStores().getKeyStore()).map(store -> new CurrentKeys(bundle));
        return context(property, name, bundle, keys);
    }

    private SSLContext context(String property, String name, SslBundle bundle, Optional<CurrentKeys> keys) {
        CurrentTrust trust = new CurrentTrust(bundle);
        try {
            SSLContext context = SSLContext.getInstance(bundle.getProtocol());
            context.init(keys.stream().toArray(KeyManager[]::new), new TrustManager[] {trust}, null);
            bundles.orElseThrow().addBundleUpdateHandler(name, updated -> {
                keys.ifPresent(k -> k.swap(updated));
                trust.swap(updated);
                forgetServers(context.getClientSessionContext());
            });
            return context;
        } catch (GeneralSecurityException e) {
            throw InvalidPropertyException.of(property, name, "this Java has no " + bundle.getProtocol());
        }
    }

    /** A session that goes on without a full handshake would go on with what was trusted before. */
    private static void forgetServers(SSLSessionContext sessions) {
        for (byte[] id : Collections.list(sessions.getIds())) {
            Optional.ofNullable(sessions.getSession(id)).ifPresent(SSLSession::invalidate);
        }
    }

    private SslBundle bundle(String property, String name) {
        SslBundles all = bundles.orElseThrow(
                () -> InvalidPropertyException.of(property, name, "there are no SSL bundles: set spring.ssl.bundle.*"));
        try {
            SslBundle bundle = all.getBundle(name);
            if (bundle.getOptions().isSpecified()) {
                throw InvalidPropertyException.of(
                        property,
                        name,
                        "the bundle must be without options.ciphers and options.enabled-protocols: TLS of the proxy takes"
                                + " what the JDK allows");
            }
            return bundle;
        } catch (NoSuchSslBundleException e) {
            throw InvalidPropertyException.of(property, name, "it must name an SSL bundle of " + all.getBundleNames());
        }
    }
}
