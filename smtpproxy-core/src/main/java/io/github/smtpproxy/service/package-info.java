/** How the services are reached that filters and routers ask. */
package io.github.smtpproxy.service;
