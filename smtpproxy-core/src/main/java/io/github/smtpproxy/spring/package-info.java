/**
 * The proxy in Spring: auto-configuration, life cycle, health and a test slice for Spring Boot 4. Optional dependencies.
 */
package io.github.smtpproxy.spring;
