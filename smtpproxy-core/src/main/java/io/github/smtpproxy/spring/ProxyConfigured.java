package io.github.smtpproxy.spring;

import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** There is an endpoint, or somebody who may add one: an application that has the library for another use starts no proxy. */
final class ProxyConfigured extends AnyNestedCondition {

    ProxyConfigured() {
        super(ConfigurationPhase.REGISTER_BEAN);
    }

    @Conditional(EndpointsSet.class)
    static final class ByProperties {}

    @ConditionalOnBean(SmtpProxyCustomizer.class)
    static final class ByCustomizer {}

    static final class EndpointsSet extends SpringBootCondition {

        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            boolean set = Binder.get(context.getEnvironment())
                    .bind(ConfiguredEndpoints.PREFIX, Bindable.mapOf(String.class, Object.class))
                    .isBound();
            ConditionMessage.Builder message = ConditionMessage.forCondition("smtpproxy");
            return set
                    ? ConditionOutcome.match(message.found("endpoint").items(ConfiguredEndpoints.PREFIX))
                    : ConditionOutcome.noMatch(message.didNotFind("endpoint").items(ConfiguredEndpoints.PREFIX));
        }
    }
}
