/**
 * SASL (RFC 4422) in SMTP (RFC 4954): the server's side for clients that log in at the proxy, the client's side for the proxy's
 * own login at a destination, and which mechanisms may be relayed between the two. Nothing here reads or writes a connection.
 */
package io.github.smtpproxy.internal.sasl;
