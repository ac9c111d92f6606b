/** Who may log in where the proxy, not the destination, ends AUTH. */
@NullMarked
package io.github.smtpproxy.authentication;

import org.jspecify.annotations.NullMarked;
