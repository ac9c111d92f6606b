/** Faults that are made on purpose in front of a real server, for tests. */
package io.github.smtpproxy.chaos;
