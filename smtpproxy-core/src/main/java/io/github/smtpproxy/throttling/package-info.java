/** Throttles that come with the proxy: rates and numbers at once, by key. */
package io.github.smtpproxy.throttling;
