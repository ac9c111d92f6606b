/** SASL (RFC 4422) as SMTP carries it (RFC 4954): both ends of an exchange, and what may pass between two others. */
package io.github.smtpproxy.internal.sasl;
