/** Looking names up in the DNS. Needs the optional library dnsjava. */
package io.github.smtpproxy.dns;
