package io.github.smtpproxy.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.autoconfigure.OverrideAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.filter.annotation.TypeExcludeFilters;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.core.annotation.AliasFor;

/**
 * A test of the application's mail: its proxy, its filters, throttles, routers, listeners and {@link SmtpProxyCustomizer}s, SSL
 * bundles and {@code JavaMailSender}, and nothing else of it. The proxy listens on free ports, and {@code spring.mail.host} and
 * {@code spring.mail.port} lead to it, as with {@link AutoConfigureSmtpProxy}.
 */
@SuppressWarnings("exports") // who uses it has Spring
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.NONE)
@OverrideAutoConfiguration(enabled = false)
@TypeExcludeFilters(SmtpProxyTypeExcludeFilter.class)
@ImportAutoConfiguration
@AutoConfigureSmtpProxy
public @interface SmtpProxyTest {

    /** Properties of the application for this test, as {@code key=value}. */
    @AliasFor(annotation = SpringBootTest.class, attribute = "properties")
    String[] properties() default {};

    /** Whether components of the kinds above are found; true. */
    boolean useDefaultFilters() default true;

    /** Which further components are found. */
    Filter[] includeFilters() default {};

    /** Which components are not found. */
    Filter[] excludeFilters() default {};
}
