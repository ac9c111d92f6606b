/** The settings of a proxy: immutable values, checked when they are made. */
package io.github.smtpproxy.config;
