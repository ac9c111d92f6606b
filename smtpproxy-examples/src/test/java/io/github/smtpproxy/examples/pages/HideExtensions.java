package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.filter.Chain;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.protocol.Extensions;
import io.github.smtpproxy.protocol.Hello;
import io.github.smtpproxy.protocol.Reply;

/** The code of the page on extensions. */
final class HideExtensions implements Filter {

    // snippet: hide-extension
    @Override
    public Reply hello(Hello hello, Chain<Hello> next) {
        Reply reply = next.proceed(hello);
        Extensions offered = Extensions.of(reply);
        return offered.has("VRFY")
                ? offered.without("VRFY").toReply(reply.lines().get(0))
                : reply;
    }
    // end
}
