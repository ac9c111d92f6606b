/** Counts and times of a proxy. Needs the optional library micrometer-core. */
package io.github.smtpproxy.metrics;
