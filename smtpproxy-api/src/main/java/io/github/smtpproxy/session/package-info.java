/** Who is connected, and what is being sent. */
@NullMarked
package io.github.smtpproxy.session;

import org.jspecify.annotations.NullMarked;
