/** Watching what the proxy does: listeners and outcomes. */
@NullMarked
package io.github.smtpproxy.event;

import org.jspecify.annotations.NullMarked;
