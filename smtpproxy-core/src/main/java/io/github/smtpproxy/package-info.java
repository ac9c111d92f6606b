/** The proxy: its builder, and the values that configure it. */
package io.github.smtpproxy;
