/** The Sender Policy Framework (RFC 7208). Needs the optional library dnsjava. */
package io.github.smtpproxy.filters.spf;
