package io.github.smtpproxy.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** IDEs are told of each property. */
class MetadataTest {

    @Test
    void each_property_is_described() throws IOException {
        assertThat(names("META-INF/spring-configuration-metadata.json"))
                .contains(
                        "management.health.smtpproxy.enabled",
                        "smtpproxy.destinations",
                        "smtpproxy.endpoints",
                        "smtpproxy.max-message-size",
                        "smtpproxy.pool.max",
                        "smtpproxy.routes",
                        "smtpproxy.shutdown.drain",
                        "smtpproxy.timeouts.client-command",
                        "smtpproxy.transport");
    }

    private static Set<String> names(String resource) throws IOException {
        Set<String> names = new HashSet<>();
        try (InputStream in = SmtpProxyProperties.class.getClassLoader().getResourceAsStream(resource);
                JsonParser json = new JsonFactory().createParser(in)) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME
                        && json.currentName().equals("name")) {
                    names.add(json.nextTextValue());
                }
            }
        }
        return names;
    }
}
