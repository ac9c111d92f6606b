package io.github.smtpproxy.examples.pages;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.AllowRecipients;
import io.github.smtpproxy.route.Destination;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.spring.SmtpProxyCustomizer;
import io.github.smtpproxy.spring.SmtpProxyLifecycle;
import io.github.smtpproxy.spring.SmtpProxyTest;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSender;

/** The code of the page on Spring. */
final class Spring {

    private Spring() {}

    @Configuration(proxyBeanMethods = false)
    static class Parts {

        // snippet: spring-beans
        @Bean
        @Order(1)
        Filter recipients() {
            return AllowRecipients.only("example.org");
        }

        @Bean
        SmtpProxyCustomizer probes() {
            return proxy -> proxy.probe(Duration.ofSeconds(30));
        }
        // end
    }

    @Configuration(proxyBeanMethods = false)
    static class Plain {

        // snippet: spring-plain
        @Bean
        SmtpProxyLifecycle proxy() {
            return SmtpProxyLifecycle.of(
                    SmtpProxy.builder().listen(2525).router(Router.to(Destination.at("mail.example.org", 25))));
        }
        // end
    }

    private static SimpleMailMessage confirmation() {
        return new SimpleMailMessage();
    }

    // snippet: spring-test
    @SmtpProxyTest(properties = "smtpproxy.destinations.a.host=127.0.0.1")
    static class ConfirmationTest {

        @Autowired
        private JavaMailSender mail; // sends to the proxy, which listens on a free port

        void confirms() {
            mail.send(confirmation());
        }
    }
    // end
}
