/** The values of SMTP (RFC 5321): replies, envelope commands, parameters, extensions. */
@NullMarked
package io.github.smtpproxy.protocol;

import org.jspecify.annotations.NullMarked;
