package io.github.smtpproxy.spring.shop;

import io.github.smtpproxy.filter.Filter;
import org.springframework.stereotype.Component;

/** What the application is made of. */
public final class Parts {

    private Parts() {}

    /** Has nothing to do with mail. */
    @Component
    public static class Orders {}

    /** Is in the way of mail. */
    @Component
    public static class Marks implements Filter {}
}
