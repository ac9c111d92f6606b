/** How fast a client may go on. */
@NullMarked
package io.github.smtpproxy.throttle;

import org.jspecify.annotations.NullMarked;
