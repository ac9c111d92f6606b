/** Domain-based Message Authentication, Reporting and Conformance (RFC 9989). Needs the optional library dnsjava. */
package io.github.smtpproxy.filters.dmarc;
