/** Scanning for viruses with ClamAV. */
package io.github.smtpproxy.filters.clamav;
