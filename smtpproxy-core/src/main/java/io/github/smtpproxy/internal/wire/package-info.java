/**
 * The octets of SMTP: connections as lines and blocks ({@link io.github.smtpproxy.internal.wire.Wire}), line ends and
 * dot-stuffing, the PROXY protocol, XCLIENT and XFORWARD. Nothing here knows what a command means.
 */
package io.github.smtpproxy.internal.wire;
