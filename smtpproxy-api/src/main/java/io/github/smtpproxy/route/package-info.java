/** Where a transaction goes. */
@NullMarked
package io.github.smtpproxy.route;

import org.jspecify.annotations.NullMarked;
