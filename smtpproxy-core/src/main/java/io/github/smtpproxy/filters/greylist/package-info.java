/** Deferring mail of clients that were never seen before. */
package io.github.smtpproxy.filters.greylist;
