/** A message on its way: header fields with their original bytes, and a body that is read only when opened. */
@NullMarked
package io.github.smtpproxy.message;

import org.jspecify.annotations.NullMarked;
