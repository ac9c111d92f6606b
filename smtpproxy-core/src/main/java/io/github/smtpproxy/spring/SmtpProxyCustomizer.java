package io.github.smtpproxy.spring;

import io.github.smtpproxy.SmtpProxyBuilder;

/**
 * Changes the proxy of a Spring Boot application before it starts, in what no property says. All beans of this kind are
 * called in their {@code @Order}, after properties and the other beans were set.
 */
@FunctionalInterface
public interface SmtpProxyCustomizer {

    /**
     * Sets what it wants. Called by the thread that starts the context; an exception ends the start.
     *
     * @param builder endpoints, router, filters, throttles, listeners, timeouts and pool are set already, where there are any
     */
    void customize(SmtpProxyBuilder builder);
}
