/** What the tests speak with: a destination and a client that follow a script, over real sockets. */
package io.github.smtpproxy.testing;
