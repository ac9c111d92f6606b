package io.github.smtpproxy.spring;

import io.github.smtpproxy.event.ProxyListener;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.throttle.Throttle;
import java.util.Set;
import org.springframework.boot.test.context.filter.annotation.StandardAnnotationCustomizableTypeExcludeFilter;

/** Leaves out the components that {@link SmtpProxyTest} does not need. */
final class SmtpProxyTypeExcludeFilter extends StandardAnnotationCustomizableTypeExcludeFilter<SmtpProxyTest> {

    private static final Set<Class<?>> TAKEN =
            Set.of(Filter.class, Throttle.class, Router.class, ProxyListener.class, SmtpProxyCustomizer.class);

    SmtpProxyTypeExcludeFilter(Class<?> testClass) {
        super(testClass);
    }

    @Override
    protected Set<Class<?>> getKnownIncludes() {
        return TAKEN;
    }
}
