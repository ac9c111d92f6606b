/** Random sessions, held to the laws of the proxy. */
package io.github.smtpproxy.model;
