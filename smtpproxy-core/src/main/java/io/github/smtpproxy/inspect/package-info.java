/** A page to look at: sessions as they are spoken, destinations, rates. */
@org.jspecify.annotations.NullMarked
package io.github.smtpproxy.inspect;
