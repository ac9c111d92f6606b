package io.github.smtpproxy.spring;

import java.util.regex.Pattern;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** Hides passwords of destinations from the actuator's env and configprops, whoever is shown the other values. */
@AutoConfiguration
@ConditionalOnClass(SanitizingFunction.class)
final class SmtpProxyActuatorAutoConfiguration {

    /** Boot binds names that differ in dots, brackets, dashes and underscores to one property. */
    private static final Pattern SEPARATORS = Pattern.compile("[^a-z0-9]");

    private static final Pattern PASSWORD = Pattern.compile("smtpproxydestinations.*password");

    @Bean
    SanitizingFunction smtpproxySanitizingFunction() {
        return data -> isPassword(data.getLowerCaseKey()) ? data.withSanitizedValue() : data;
    }

    private static boolean isPassword(String key) {
        return PASSWORD.matcher(SEPARATORS.matcher(key).replaceAll("")).matches();
    }
}
