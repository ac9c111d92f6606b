/** Scanning for spam with SpamAssassin. */
package io.github.smtpproxy.filters.spamassassin;
