/** Signing messages, and verifying signatures, with DKIM (RFC 6376, RFC 8301, RFC 8463). */
package io.github.smtpproxy.filters.dkim;
