/** Routers that ask others where mail goes. */
package io.github.smtpproxy.routing;
