/** Certificates from PEM files, and those that are trusted. */
package io.github.smtpproxy.tls;
