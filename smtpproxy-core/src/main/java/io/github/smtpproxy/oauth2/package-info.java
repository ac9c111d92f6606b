/** Tokens with which the proxy logs in at destinations that take no password. */
package io.github.smtpproxy.oauth2;
