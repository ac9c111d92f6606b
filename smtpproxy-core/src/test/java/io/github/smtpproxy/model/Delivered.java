package io.github.smtpproxy.model;

import java.util.List;

/**
 * A message that a destination took.
 *
 * @param token which one
 * @param content without dot-stuffing, and without our Received field
 * @param clear whether the destination said so in words that can be understood
 */
record Delivered(String token, String sender, List<String> recipients, String content, boolean clear) {}
