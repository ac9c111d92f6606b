/** The proxy and its builder. */
package io.github.smtpproxy;
