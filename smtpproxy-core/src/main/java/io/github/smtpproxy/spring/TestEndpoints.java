package io.github.smtpproxy.spring;

import io.github.smtpproxy.spring.SmtpProxyProperties.Mode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.DynamicPropertyRegistrar;
import org.springframework.test.context.MergedContextConfiguration;

/** Puts the proxy of a test on free ports, and mail through it. */
record TestEndpoints() implements ContextCustomizer {

    private static final String NAME = "smtpproxy test";

    @Override
    public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
        ConfigurableEnvironment environment = context.getEnvironment();
        Set<String> names = Binder.get(environment)
                .bind(ConfiguredEndpoints.PREFIX, Bindable.mapOf(String.class, Object.class))
                .map(Map::keySet)
                .orElse(Set.of("test"));
        environment.getPropertySources().addFirst(new MapPropertySource(NAME, properties(names)));
        // known when it listens, and then only: nobody else can take the port between
        RootBeanDefinition port =
                new RootBeanDefinition(DynamicPropertyRegistrar.class, () -> registrar(context.getBeanFactory()));
        ((BeanDefinitionRegistry) context.getBeanFactory()).registerBeanDefinition("smtpproxyTestPort", port);
    }

    private static Map<String, Object> properties(Set<String> endpoints) {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("spring.mail.host", "127.0.0.1");
        endpoints.forEach(name -> {
            properties.put(ConfiguredEndpoints.PREFIX + "." + name + ".port", "0");
            properties.put(ConfiguredEndpoints.PREFIX + "." + name + ".address", "127.0.0.1");
        });
        return properties;
    }

    private static DynamicPropertyRegistrar registrar(ConfigurableListableBeanFactory beans) {
        return registry -> registry.add("spring.mail.port", () -> {
            SmtpProxyLifecycle lifecycle = beans.getBean(SmtpProxyLifecycle.class);
            lifecycle.start();
            return lifecycle.proxy().addresses().get(first(beans)).getPort();
        });
    }

    /** The endpoint that plain mail can go to, in the order in which the proxy listens. */
    private static int first(ConfigurableListableBeanFactory beans) {
        SmtpProxyProperties properties =
                beans.getBeanProvider(SmtpProxyProperties.class).getIfAvailable();
        if (properties == null) {
            return 0;
        }
        List<Optional<Mode>> modes = new TreeMap<>(properties.endpoints())
                .values().stream()
                        .map(listen -> Optional.ofNullable(listen.ssl().mode()))
                        .toList();
        return IntStream.range(0, modes.size())
                .filter(i -> !modes.get(i).equals(Optional.of(Mode.IMPLICIT)))
                .findFirst()
                .orElse(0);
    }
}
