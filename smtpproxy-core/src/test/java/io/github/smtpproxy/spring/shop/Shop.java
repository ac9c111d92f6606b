package io.github.smtpproxy.spring.shop;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** An application. */
@SpringBootApplication(proxyBeanMethods = false)
public class Shop {}
