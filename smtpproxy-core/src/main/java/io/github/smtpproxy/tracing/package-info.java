/** Spans of what a proxy does. Needs the optional library opentelemetry-api. */
package io.github.smtpproxy.tracing;
