/** Filters that come with the proxy, each named as the order that it carries out. */
package io.github.smtpproxy.filters;
