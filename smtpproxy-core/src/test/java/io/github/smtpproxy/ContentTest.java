package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.changing;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.filter.ContentFilter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.filters.StopLoops;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.protocol.Reply;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.LoggedTraces;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Filters that look at messages. */
class ContentTest extends ProxyTest {

    private static final String MESSAGE = "Subject: one\r\n two\r\nX-A: b\r\n\r\nhello\r\n..dots\r\n\r\n";

    private Dialogue data(SmtpProxyBuilder builder) {
        return clientOf(builder).greets().envelope().says("DATA").hears("354");
    }

    @Test
    void a_filter_sees_the_header_while_the_body_is_on_its_way() {
        List<String> seen = new CopyOnWriteArrayList<>();
        Dialogue client = data(proxy().filter(changing(m -> {
            seen.add(m.headers().first("subject").orElse("none"));
            return m;
        })));
        client.sends("Subject: one\r\n two\r\n\r\n");
        org.awaitility.Awaitility.await().until(() -> !seen.isEmpty());
        assertThat(seen).containsExactly("one two");
        client.sends("hello\r\n.\r\n").hears("250");
        assertThat(destination.messages()).containsExactly("Subject: one\r\n two\r\n\r\nhello\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                MESSAGE,
                "",
                "\r\n",
                "no header at all\r\n",
                "\r\nbody only\r\n",
                "Subject: header only\r\n",
                "Subject: x\r\n\r\n",
                "Subject: x\r\n\r\n..\r\n",
                "..Dotted: header\r\n\r\n..body\r\n"
            })
    void a_message_that_is_only_looked_at_is_not_changed(String message) {
        data(proxy().filter(changing(m -> m))).sends(message + ".\r\n").hears("250");
        assertThat(destination.messages()).containsExactly(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                MESSAGE,
                "",
                "\r\n",
                "no header at all\r\n",
                "\r\nbody only\r\n",
                "Subject: header only\r\n",
                "Subject: x\r\n\r\n",
                "Subject: x\r\n\r\n..\r\n",
                "..Dotted: header\r\n\r\n..body\r\n"
            })
    void a_message_whose_body_is_opened_is_not_changed(String message) {
        data(proxy().filter(changing(m -> {
                    read(m.content());
                    return m;
                })))
                .sends(message + ".\r\n")
                .hears("250");
        assertThat(destination.messages()).containsExactly(message);
    }

    @Test
    void an_opened_body_is_without_stuffed_dots_and_can_be_read_again() {
        List<String> read = new CopyOnWriteArrayList<>();
        data(proxy().filter(changing(m -> {
                    read.add(read(m.content()));
                    read.add(read(m.content()));
                    return m;
                })))
                .sends(MESSAGE + ".\r\n")
                .hears("250");
        assertThat(read).containsExactly("hello\r\n.dots\r\n\r\n", "hello\r\n.dots\r\n\r\n");
    }

    @Test
    void a_field_added_stands_first_and_the_others_keep_their_octets() {
        data(proxy().filter(changing(m -> m.withHeaders(m.headers().prepend("X-Seen", "yes")))))
                .sends(MESSAGE + ".\r\n")
                .hears("250");
        assertThat(destination.messages()).containsExactly("X-Seen: yes\r\n" + MESSAGE);
    }

    @Test
    void a_field_can_be_taken_away() {
        data(proxy().filter(changing(m -> m.withHeaders(m.headers().without("subject")))))
                .sends(MESSAGE + ".\r\n")
                .hears("250");
        assertThat(destination.messages()).containsExactly("X-A: b\r\n\r\nhello\r\n..dots\r\n\r\n");
    }

    @Test
    void a_changed_body_is_stuffed_again_and_ends_in_crlf() {
        data(proxy().filter(changing(m -> m.withContent(
                        Content.of(".\r\nMAIL FROM:<x@y.test>\r\n.dots\r\nend".getBytes(StandardCharsets.US_ASCII))))))
                .sends(MESSAGE + ".\r\n")
                .hears("250")
                .says("NOOP")
                .hears("250");
        assertThat(destination.messages())
                .containsExactly(
                        "Subject: one\r\n two\r\nX-A: b\r\n\r\n..\r\nMAIL FROM:<x@y.test>\r\n..dots\r\nend\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a\n.\nb", "a\r.\rb", "a\r\n.\nb", "a\n.\r\nb", "\n.\r\nRSET\r\n", ".\n", ".\r", "\r\n.\r\r\n"})
    void a_changed_body_with_bare_line_ends_smuggles_nothing(String body) {
        Dialogue client = data(
                proxy().filter(changing(m -> m.withContent(Content.of(body.getBytes(StandardCharsets.US_ASCII))))));
        client.sends(MESSAGE + ".\r\n").reply();
        client.says("NOOP").hears("250");
        assertThat(destination.messages()).hasSizeLessThanOrEqualTo(1);
        assertThat(destination.heard("RSET")).hasSizeLessThanOrEqualTo(1);
        assertThat(destination.messages())
                .noneMatch(m -> m.matches("(?s).*(?<!\r)\n.*") || m.matches("(?s).*\r(?!\n).*"));
    }

    @Test
    void a_body_that_a_filter_made_and_that_fails_delivers_nothing() {
        data(proxy().filter(changing(m -> m.withContent(() -> new InputStream() {
                    private int left = 100_000;

                    @Override
                    public int read() throws IOException {
                        if (left == 0) {
                            throw new IOException("broken");
                        }
                        left--;
                        return 'x';
                    }
                }))))
                .sends(MESSAGE + ".\r\n")
                .hears("451 4.3.0 ")
                .says("NOOP")
                .hears("250");
        assertThat(destination.messages()).isEmpty();
        assertThat(LoggedTraces.taken()).singleElement().asString().contains("body");
    }

    @Test
    void a_refusal_swallows_the_body_first() {
        data(proxy().filter(new ContentFilter() {
                    @Override
                    public Reply data(Message message, TransactionChain<Message> next) {
                        return Reply.reject("5.7.1", "Not this");
                    }
                }))
                .sends("Subject: x\r\n\r\n" + "RSET\r\n".repeat(100_000) + ".\r\n")
                .hearsLine("550 5.7.1 Not this")
                .says("NOOP")
                .hears("250");
        assertThat(destination.messages()).isEmpty();
        assertThat(destination.heard("DATA")).isEmpty();
    }

    @Test
    void a_refusal_of_data_by_the_destination_is_told_after_the_message() {
        destination.on("DATA").reply("451 4.3.1 No room");
        data(proxy().filter(changing(m -> m))).sends(MESSAGE + ".\r\n").hearsLine("451 4.3.1 No room");
    }

    @Test
    void a_large_opened_body_goes_through_a_file_that_is_gone_afterwards() throws IOException {
        Set<Path> before = temporaryFiles();
        String message = "Subject: x\r\n\r\n" + "a line of some length\r\n".repeat(20_000);
        data(proxy(ENDPOINT.spool(1_000, 10_000_000)).filter(changing(m -> {
                    read(m.content());
                    return m;
                })))
                .sends(message + ".\r\n")
                .hears("250");
        assertThat(destination.messages()).containsExactly(message);
        assertThat(temporaryFiles()).isSubsetOf(before);
    }

    @Test
    void a_client_that_goes_while_its_body_is_kept_leaves_no_file() throws IOException {
        Set<Path> before = temporaryFiles();
        data(proxy(ENDPOINT.spool(0, 10_000_000)).filter(changing(m -> {
                    read(m.content());
                    return m;
                })))
                .sends("Subject: x\r\n\r\n" + "a line of some length\r\n".repeat(20_000))
                .resets();
        org.awaitility.Awaitility.await().until(() -> destination.openConnections() == 0);
        assertThat(destination.messages()).isEmpty();
        assertThat(temporaryFiles()).isSubsetOf(before);
    }

    private static Set<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(f -> f.getFileName().toString().startsWith("smtpproxy-"))
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void a_body_larger_than_what_may_be_opened_is_552_5_3_4() {
        data(proxy(ENDPOINT.spool(100, 1_000)).filter(changing(m -> {
                    read(m.content());
                    return m;
                })))
                .sends("Subject: x\r\n\r\n" + "a line of some length\r\n".repeat(100) + ".\r\n")
                .hears("552 5.3.4 ")
                .says("NOOP")
                .hears("250");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_header_section_larger_than_its_bound_is_552_5_3_4() {
        data(proxy(ENDPOINT.maxHeaderOctets(1_000)).filter(changing(m -> m)))
                .sends("X-A: some value\r\n".repeat(1_000) + "\r\nbody\r\n.\r\n")
                .hears("552 5.3.4 ")
                .says("NOOP")
                .hears("250");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_bare_line_feed_is_refused_also_where_a_filter_looks() {
        data(proxy().filter(changing(m -> {
                    read(m.content());
                    return m;
                })))
                .sends("Subject: x\r\n\r\nbare\n.\nRSET\r\n.\r\n")
                .hears("550 5.5.2 ")
                .says("NOOP")
                .hears("250");
        assertThat(destination.messages()).isEmpty();
    }

    @Test
    void a_received_field_stands_before_the_message() {
        data(proxy(ENDPOINT.received(true))).sends(MESSAGE + ".\r\n").hears("250");
        assertThat(destination.messages()).hasSize(1);
        assertThat(destination.messages().get(0))
                .startsWith("Received: from client.test ([127.0.0.1])\r\n by proxy.test with ESMTP id ")
                .endsWith("\r\n" + MESSAGE);
    }

    @Test
    void a_message_over_the_limit_is_552_5_3_4_after_it_was_swallowed() {
        Dialogue client = data(proxy().filter(LimitSize.to(1_000)))
                .sends("Subject: x\r\n\r\n" + "RSET\r\n".repeat(200_000) + ".\r\n")
                .hears("552 5.3.4 ");
        assertThat(destination.messages()).isEmpty();
        client.envelope().says("DATA").hears("354").says("small").says(".").hears("250");
        assertThat(destination.messages()).containsExactly("small\r\n");
    }

    @Test
    void a_message_of_exactly_the_limit_passes_and_one_octet_more_does_not() {
        String message = "Subject: x\r\n\r\n" + "y".repeat(100) + "\r\n";
        Dialogue client = data(proxy().filter(LimitSize.to(message.length())));
        client.sends(message + ".\r\n").hears("250");
        client.envelope()
                .says("DATA")
                .hears("354")
                .sends(message.replace("\r\n\r\n", "\r\n\r\nz") + ".\r\n")
                .hears("552 5.3.4 ");
    }

    @Test
    void dots_that_the_wire_adds_count_for_nothing_in_the_limit() {
        destination.takesChunks();
        String message = "Subject: x\r\n\r\n" + "..\r\n.y\r\n".repeat(20_000);
        String wire = message.replace("\n.", "\n..");
        Dialogue client = data(proxy().filter(LimitSize.to(message.length())));
        client.sends(wire + ".\r\n").hears("250");
        client.envelope().says("DATA").hears("354").sends(wire + "z\r\n.\r\n").hears("552 5.3.4 ");
        client.envelope()
                .sends("BDAT " + message.length() + " LAST\r\n" + message)
                .hears("250");
        assertThat(destination.messages()).containsExactly(wire, message);
    }

    @Test
    void a_declared_size_over_the_limit_is_refused_at_mail() {
        Dialogue client =
                clientOf(proxy().filter(LimitSize.to(1_000))).hears("220").says("EHLO client.test");
        assertThat(client.reply()).contains("250-SIZE 1000");
        client.says("MAIL FROM:<a@client.test> SIZE=1001")
                .hears("552 5.3.4 ")
                .says("MAIL FROM:<a@client.test> SIZE=1000")
                .hears("250");
        assertThat(destination.heard("MAIL")).hasSize(1);
    }

    @Test
    void the_smaller_limit_of_the_destination_is_offered() {
        Dialogue client =
                clientOf(proxy().filter(LimitSize.to(1L << 40))).hears("220").says("EHLO client.test");
        assertThat(client.reply()).contains("250-SIZE 10485760");
    }

    @Test
    void a_message_with_too_many_received_fields_is_554_5_4_6() {
        Dialogue client = data(proxy().filter(StopLoops.after(3)));
        client.sends("Received: x\r\n".repeat(4) + "\r\nbody\r\n.\r\n").hears("554 5.4.6 ");
        assertThat(destination.messages()).isEmpty();
        client.envelope()
                .says("DATA")
                .hears("354")
                .sends("Received: x\r\n".repeat(3) + "\r\nReceived: in the body\r\n.\r\n")
                .hears("250");
    }
}
