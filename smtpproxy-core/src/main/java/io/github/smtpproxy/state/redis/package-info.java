/** State that several proxies share through a Redis server. */
package io.github.smtpproxy.state.redis;
