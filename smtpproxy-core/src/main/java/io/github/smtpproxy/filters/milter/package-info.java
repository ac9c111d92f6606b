/** Asking mail filters that speak the milter protocol. */
package io.github.smtpproxy.filters.milter;
