package io.github.smtpproxy.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On the class of a test with {@code @SpringBootTest}: the application's proxy listens on free ports of this machine, one for
 * each of its endpoints, and {@code spring.mail.host} and {@code spring.mail.port} are those of the first endpoint by name that
 * needs no TLS from the first octet. An application without endpoints gets one.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface AutoConfigureSmtpProxy {}
