/** What clients did before, and refusing those who did too much harm. */
package io.github.smtpproxy.filters.reputation;
