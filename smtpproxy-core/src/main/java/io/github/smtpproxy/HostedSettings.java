package io.github.smtpproxy;

import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.config.OptionalLibrary;

/** What a builder must not have where the port is that of a SubEtha server of the host's. */
final class HostedSettings {

    private HostedSettings() {}

    /** @throws IllegalStateException if it has something of that kind, or SubEtha lacks what a server of its own needs */
    static void check(SmtpProxyBuilder settings) {
        OptionalLibrary.require(
                "jakarta.mail.internet.AddressException", "org.eclipse.angus:jakarta.mail", "a SubEtha SMTPServer");
        refuse(settings.endpoints.size() > 1, "listen is called more than once");
        settings.endpoints.forEach(HostedSettings::check);
        refuse(settings.transparent.isPresent(), "transparent is set");
        refuse(settings.probe.isPresent(), "probe is set");
    }

    private static void check(Endpoint endpoint) {
        refuse(endpoint.tls().isPresent(), "the endpoint has TLS, which is SubEtha's");
        refuse(!endpoint.proxyProtocolFrom().isEmpty(), "the endpoint has proxyProtocolFrom");
        refuse(endpoint.unseen().isPresent(), "the endpoint is unseen");
    }

    private static void refuse(boolean fault, String why) {
        if (fault) {
            throw new IllegalStateException("messageHandlerFactory opens no port, but " + why);
        }
    }
}
