package io.github.smtpproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatewayUnseenTest {

    @TempDir
    static Path dir;

    @BeforeAll
    static void authority() throws Exception {
        TestCertificate.make(dir);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--tls passthrough --tls-cert chain.pem --tls-key key.pem | exclude --tls-cert",
                "--tls hide --reoriginate-ca chain.pem:key.pem | need --tls reoriginate",
                "--reoriginate-trust chain.pem | need --tls reoriginate",
                "--answer-unreachable | needs --tls passthrough, hide or reoriginate",
                "--tls reoriginate | needs --reoriginate-ca, or --tls-cert and --tls-key",
                "--tls reoriginate --reoriginate-ca chain.pem | must be CERT:KEY",
                "--tls required | --tls required needs --tls-cert and --tls-key"
            })
    void optionsThatContradictEachOtherAreAnsweredWithStatus2(String options, String message) {
        StringWriter err = new StringWriter();
        assertThat(run(err, options)).isEqualTo(2);
        assertThat(err.toString().lines().findFirst().orElse("")).contains(message);
    }

    @Test
    void anUnseenGatewayDoesNotShareConnections() {
        StringWriter err = new StringWriter();
        assertThat(run(err, "--mode multiplexing --tls reoriginate --reoriginate-ca chain.pem:key.pem"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("excludes multiplexing");
    }

    private static int run(StringWriter err, String options) {
        List<String> all = new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--to", "127.0.0.1:25"));
        for (String option : options.split(" ")) {
            all.add(option.replaceAll("(\\w+\\.pem)", dir + "/$1"));
        }
        return Gateway.commandLine().setErr(new PrintWriter(err, true)).execute(all.toArray(String[]::new));
    }
}
