/** Small programs that embed the proxy, and a gateway to run from the command line. */
package io.github.smtpproxy.examples;
