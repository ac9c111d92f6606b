package io.github.smtpproxy.internal.message;

import io.github.smtpproxy.internal.downstream.Answer;
import io.github.smtpproxy.protocol.Reply;

/** Makes the client's reply of an answer of the destination: the destination's own, or that it failed. */
@FunctionalInterface
public interface RepliesToClient {

    Reply reply(Answer answer);
}
