/** JSON, for what asks services that speak it. */
package io.github.smtpproxy.json;
