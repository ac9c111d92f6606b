package io.github.smtpproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filters.dkim.DkimResult;
import io.github.smtpproxy.filters.dkim.DkimResult.Code;
import io.github.smtpproxy.filters.dkim.DkimVerifier;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.testing.ScriptedDns;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The signed messages that RFC 6376 and RFC 8463 show. */
class DkimVectorsTest {

    private static final String FIELDS = """
        From: Joe SixPack <joe@football.example.com>
        To: Suzie Q <suzie@shopping.example.net>
        Subject: Is dinner ready?
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
        Message-ID: <20030712040037.46341.5F8J@football.example.com>
        """;

    private final ScriptedDns dns = ScriptedDns.start()
            .has(
                    "brisbane._domainkey.example.com",
                    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
                            + "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfV"
                            + "jH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB")
            .has(
                    "brisbane._domainkey.football.example.com",
                    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
            .has(
                    "test._domainkey.football.example.com",
                    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bd"
                            + "OKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5"
                            + "QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB");

    @AfterEach
    void close() {
        dns.close();
    }

    private List<DkimResult> verified(String fields, String body) {
        Message message = Message.of(
                Headers.parse(fields.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII)),
                Content.of(body.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII)));
        return DkimVerifier.with(dns.resolver()).verify(message);
    }

    /** Appendix A.2, with its errata 3192 and 4926: spaces were lost, and added, when it was printed. */
    @Test
    void the_example_of_rfc_6376() {
        String signature = """
            DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
                  c=simple/simple; q=dns/txt; i=joe@football.example.com;
                  h=Received : From : To : Subject : Date : Message-ID;
                  bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
                  b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
                    4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
                    KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
                    4bmp/YzhwvcubU4=;
            Received: from client1.football.example.com  [192.0.2.1]
                  by submitserver.example.com with SUBMISSION;
                  Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
            """;
        String body = "Hi.\n\nWe lost the game. Are you hungry yet?\n\nJoe.\n";
        assertThat(verified(signature + FIELDS, body))
                .containsExactly(new DkimResult(
                        Code.PASS,
                        "example.com",
                        "brisbane",
                        "joe@football.example.com",
                        "rsa-sha256",
                        "AuUoFEfD",
                        ""));
        assertThat(verified(signature + FIELDS, body.replace("game. ", "game.  ")))
                .extracting(DkimResult::code)
                .containsExactly(Code.FAIL);
    }

    /** Appendix A.3. */
    @Test
    void the_example_of_rfc_8463() {
        String signatures = """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
             d=football.example.com; i=@football.example.com;
             q=dns/txt; s=brisbane; t=1528637909; h=from : to :
             subject : date : message-id : from : subject : date;
             bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
             b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
             Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
            DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
             d=football.example.com; i=@football.example.com;
             q=dns/txt; s=test; t=1528637909; h=from : to : subject :
             date : message-id : from : subject : date;
             bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
             b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
             DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
             dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
            """;
        String body = "Hi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n";
        assertThat(verified(signatures + FIELDS, body))
                .extracting(DkimResult::algorithm, DkimResult::code, DkimResult::signature)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("ed25519-sha256", Code.PASS, "/gCrinpc"),
                        org.assertj.core.groups.Tuple.tuple("rsa-sha256", Code.PASS, "F45dVWDf"));
        assertThat(verified(signatures + FIELDS.replace("Joe SixPack", "Joe Sixpack"), body))
                .extracting(DkimResult::code)
                .containsExactly(Code.FAIL, Code.FAIL);
    }
}
