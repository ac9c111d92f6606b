/** What filters and throttles remember, in a store that several proxies can share. */
package io.github.smtpproxy.state;
