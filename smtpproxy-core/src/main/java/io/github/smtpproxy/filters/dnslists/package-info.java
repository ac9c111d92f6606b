/** Refusing clients and names that DNS lists name (RFC 5782). */
package io.github.smtpproxy.filters.dnslists;
