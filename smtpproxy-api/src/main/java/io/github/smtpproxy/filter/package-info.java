/** Deciding about commands and messages on their way to the destination. */
@NullMarked
package io.github.smtpproxy.filter;

import org.jspecify.annotations.NullMarked;
