/** For programs that run a SubEtha {@code SMTPServer} of their own. */
package io.github.smtpproxy.subetha;
