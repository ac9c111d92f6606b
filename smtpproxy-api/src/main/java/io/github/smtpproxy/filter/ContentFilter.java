package io.github.smtpproxy.filter;

import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;

/**
 * A filter that gets messages too. With one, the proxy reads the header section before it opens the destination's DATA;
 * without any, messages stream through.
 */
public interface ContentFilter extends Filter {

    /**
     * The message: its envelope and header section are there, its body still on its way. The reply is the one to the end of
     * data, and stands once the destination has sent it.
     *
     * <p>A message in chunks (RFC 3030) comes here when its last chunk does, or earlier, when its chunks are more than may be
     * kept. Then the reply is the one to that chunk; if the filter refuses or fails, the message is not delivered.
     * {@link #ended} reports how it ends.
     */
    Reply data(Message message, TransactionChain<Message> next);
}
