/** Asking servers that speak Postfix's policy delegation protocol. */
package io.github.smtpproxy.filters.policy;
