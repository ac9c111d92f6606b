package io.github.smtpproxy.junit;

/** A conversation for tests that are not about one. */
public final class SampleConversation {

    private SampleConversation() {}

    /** One in which nothing was sent. */
    public static Conversation empty() {
        return new Conversation(Draft.first("s1", 0), () -> "");
    }
}
