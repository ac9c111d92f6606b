package io.github.smtpproxy.state;

/** A store and limits. */
record Both(Store store, Limits limits) implements SharedState {}
