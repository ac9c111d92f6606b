/** Scanning for spam with rspamd. */
package io.github.smtpproxy.filters.rspamd;
