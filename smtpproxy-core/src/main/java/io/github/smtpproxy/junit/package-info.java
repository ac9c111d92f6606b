/** Faults in front of a mail server, for tests with JUnit Jupiter; assertions with AssertJ. */
package io.github.smtpproxy.junit;
