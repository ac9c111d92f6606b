package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.changing;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.testing.Dialogue;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of a CR or LF that stands alone, by policy, whichever way a message comes. */
class LineEndsTest extends ProxyTest {

    private static final Endpoint PASS = ENDPOINT.bareNewlines(BareNewlines.PASS);
    private static final Endpoint NORMALIZE = ENDPOINT.bareNewlines(BareNewlines.NORMALIZE);
    private static final String GOOD = "Subject: x\r\n\r\nhello\r\n";

    private final List<String> seen = new CopyOnWriteArrayList<>();

    /** What stands between the client and the destination. */
    private enum Path {
        STREAMED,
        LOOKED_AT,
        LIMITED,
        OPENED,
        REPLACED;

        SmtpProxyBuilder in(SmtpProxyBuilder builder, List<String> seen) {
            return switch (this) {
                case STREAMED -> builder;
                case LOOKED_AT ->
                    builder.filter(changing(m -> {
                        seen.add(m.headers().first("Subject").orElse("-"));
                        return m;
                    }));
                case LIMITED -> builder.filter(LimitSize.to(1_000_000));
                case OPENED ->
                    builder.filter(changing(m -> {
                        seen.add(read(m.content()));
                        return m;
                    }));
                case REPLACED -> builder.filter(changing(m -> m.withContent(m.content()::open)));
            };
        }
    }

    private Dialogue client(Endpoint endpoint, Path path) {
        return clientOf(path.in(proxy(endpoint), seen)).greets();
    }

    private static Dialogue data(Dialogue client, String message) {
        return client.says("DATA").hears("354").sends(message + ".\r\n");
    }

    private static String chunk(String octets) {
        return "BDAT " + octets.length() + "\r\n" + octets;
    }

    private static String last(String octets) {
        return "BDAT " + octets.length() + " LAST\r\n" + octets;
    }

    private static Dialogue inChunks(Dialogue client, String message, int... cuts) {
        int from = 0;
        for (int cut : cuts) {
            client.sends(chunk(message.substring(from, cut))).hears("250");
            from = cut;
        }
        return client.sends(last(message.substring(from)));
    }

    private String delivered() {
        return destination.messages().get(destination.messages().size() - 1);
    }

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    static Stream<Arguments> passed() {
        return Arrays.stream(Path.values())
                .flatMap(p -> Stream.of(
                                "Subject: x\n\nhello\n.dot\n..dots\n\r\n",
                                "Subject: x\n folded\nY: z\n\n.\n..\n\r\n",
                                "Subject: x\r\nX: y\n\nhello\r\n",
                                "Subject: x\n\r\nhello\r\n..\r\n",
                                "Subject: x\r\n\n.dot\r\n..dots\r\n",
                                "\nhello\r\n",
                                "Subject: x\r\n\r\na\r\rb\rc\r\n",
                                "Subject: x\r\n\r\n\r.\r\r\n\n.\r\n",
                                "Subject: x\nlong: " + "y".repeat(70_000) + "\n\n" + "line\n".repeat(100_000) + "\r\n")
                        .map(m -> Arguments.of(p, m)));
    }

    @ParameterizedTest
    @MethodSource("passed")
    void what_passes_passes_without_the_change_of_an_octet(Path path, String message) {
        Dialogue client = client(PASS, path);
        data(client.envelope(), message).hears("250");
        assertThat(delivered()).isEqualTo(message);
        inChunks(client.envelope(), message, message.length() / 3, message.length() / 2)
                .hears("250");
        assertThat(delivered()).isEqualTo(message);
        assertThat(destination.messages()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"LOOKED_AT", "OPENED"})
    void a_filter_sees_header_and_body_of_lines_that_end_in_lf(Path path) {
        Dialogue client = client(PASS, path);
        data(client.envelope(), "Subject: x\n\n.hello\n..\r\n..\r\n").hears("250");
        inChunks(client.envelope(), "Subject: x\n\n.hello\n..\r\n.\r\n").hears("250");
        assertThat(seen).hasSize(2).containsOnly(path == Path.OPENED ? ".hello\n..\r\n.\r\n" : "x");
    }

    @ParameterizedTest
    @EnumSource(BareNewlines.class)
    void a_header_that_lost_its_last_field_still_ends(BareNewlines policy) {
        Filter without = changing(m -> m.withHeaders(m.headers().without("C")));
        Dialogue client =
                clientOf(proxy(ENDPOINT.bareNewlines(policy)).filter(without)).greets();
        String end = policy == BareNewlines.PASS ? "\n" : "\r\n";
        data(client.envelope(), "A: b" + end + "C: d\r\n").hears("250");
        assertThat(delivered().stripTrailing()).isEqualTo("A: b");
    }

    @ParameterizedTest
    @EnumSource
    void a_run_of_cr_before_lf_is_one_line_end_where_they_are_normalized(Path path) {
        Dialogue client = client(NORMALIZE, path);
        String sent = "Subject: x\r\r\n\r\nhello\r\r\r\nthere\n\nyou\r\rtwo\r\n";
        String normal = "Subject: x\r\n\r\nhello\r\nthere\r\n\r\nyou\r\n\r\ntwo\r\n";
        for (int cut = 0; cut < sent.length(); cut++) {
            client.envelope().says("DATA").hears("354").sends(sent.substring(0, cut));
            client.sends(sent.substring(cut) + ".\r\n").hears("250");
            assertThat(delivered()).isEqualTo(normal);
            inChunks(client.envelope(), sent, cut).hears("250");
            assertThat(delivered()).isEqualTo(normal);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_run_of_cr_over_the_end_of_a_block_is_one_line_end(Path path) {
        Dialogue client = client(NORMALIZE, path);
        String line = "a line of some length\r\r\r\n";
        String sent = "Subject: x\r\n\r\n" + line.repeat(10_000);
        data(client.envelope(), sent).hears("250");
        assertThat(delivered()).isEqualTo(sent.replace("\r\r\r", "\r"));
        inChunks(client.envelope(), sent, 100_000).hears("250");
        assertThat(delivered()).isEqualTo(sent.replace("\r\r\r", "\r"));
    }

    static Stream<Arguments> bare() {
        return Stream.of(Path.STREAMED, Path.LOOKED_AT, Path.OPENED)
                .flatMap(p -> Stream.of(
                                List.of("a\nb\r\n"),
                                List.of("a\rb\r\n"),
                                List.of("a\r"),
                                List.of("\n"),
                                List.of("a\r\n", "b\nc\r\n"),
                                List.of("a\r", "b\r\n"),
                                List.of("a\r", ""),
                                List.of("a\r", "", "\r\n"),
                                List.of("a\r\n", "", "\n"),
                                List.of("a\r\r\n"),
                                List.of("x".repeat(200_000) + "\r", "y".repeat(200_000)),
                                List.of("x".repeat(200_000) + "\n" + "x".repeat(200_000)),
                                List.of("x".repeat(200_000) + "\n" + "x".repeat(200_000), "y\r\n"))
                        .map(c -> Arguments.of(p, c)));
    }

    @ParameterizedTest
    @MethodSource("bare")
    void text_in_chunks_with_a_bare_line_end_is_550_5_5_2_and_delivered_in_no_part(Path path, List<String> chunks) {
        Dialogue client = client(ENDPOINT.received(true), path).envelope();
        String code = "250";
        for (int i = 0; i < chunks.size() && code.equals("250"); i++) {
            client.sends(i == chunks.size() - 1 ? last(chunks.get(i)) : chunk(chunks.get(i)));
            String reply = client.reply().get(0);
            code = reply.substring(0, 3);
            assertThat(reply).startsWith(code.equals("250") ? "250" : "550 5.5.2 ");
        }
        assertThat(code).isEqualTo("550");
        assertThat(destination.messages()).isEmpty();
        client.says("RSET").hears("250").envelope().sends(last(GOOD)).hears("250");
        assertThat(destination.messages()).hasSize(1);
        assertThat(delivered()).endsWith(GOOD);
    }

    @ParameterizedTest
    @EnumSource
    void chunks_behind_one_with_a_bare_line_end_deliver_nothing(Path path) {
        Dialogue client = client(ENDPOINT, path).envelope();
        client.sends(chunk("Subject: x\r\n") + chunk("a\nb\r\n") + chunk("c\r\n") + last("d\r\n"));
        client.hears("250").hears("550 5.5.2 ").hears("5").hears("5");
        client.says("RSET").hears("250").says("NOOP").hears("250");
        assertThat(destination.messages()).isEmpty();
        client.envelope().sends(last(GOOD)).hears("250");
        assertThat(destination.messages()).containsExactly(GOOD);
    }

    @ParameterizedTest
    @EnumSource
    void a_crlf_that_is_cut_between_chunks_is_none_that_stands_alone(Path path) {
        Dialogue client = client(ENDPOINT, path);
        for (int cut = 0; cut <= GOOD.length(); cut++) {
            inChunks(client.envelope(), GOOD, cut, cut).hears("250");
            assertThat(delivered()).isEqualTo(GOOD);
        }
    }

    static Stream<Arguments> binary() {
        return Arrays.stream(Path.values())
                .flatMap(p -> Arrays.stream(BareNewlines.values()).map(b -> Arguments.of(p, b)));
    }

    @ParameterizedTest
    @MethodSource("binary")
    void what_is_no_text_is_not_looked_at(Path path, BareNewlines policy) {
        Dialogue client = client(ENDPOINT.bareNewlines(policy), path);
        client.says("MAIL FROM:<a@client.test> BODY=BINARYMIME")
                .hears("250")
                .says("RCPT TO:<b@dest.test>")
                .hears("250");
        String message = "Subject: x\r\n\r\n\r\r\n\n\0\r";
        inChunks(client, message, 15).hears("250");
        assertThat(destination.messages()).containsExactly(message);
    }

    @ParameterizedTest
    @EnumSource
    void text_in_chunks_is_normalized_whatever_its_size_and_however_it_is_cut(Path path) {
        Random random = new Random(7);
        Dialogue client = client(NORMALIZE, path);
        for (int i = 0; i < 20; i++) {
            String body = text(random, i < 15 ? random.nextInt(200) : random.nextInt(200_000));
            String message = "Subject: x\r\n\r\n" + body;
            int a = random.nextInt(message.length() + 1);
            int b = a + random.nextInt(message.length() - a + 1);
            inChunks(client.envelope(), message, a, b).hears("250");
            assertThat(delivered()).isEqualTo("Subject: x\r\n\r\n" + body.replaceAll("\r+\n|\r|\n", "\r\n"));
        }
        assertThat(destination.messages()).hasSize(20);
    }

    private static String text(Random random, int length) {
        StringBuilder text = new StringBuilder("x");
        while (text.length() < length) {
            text.append(
                    switch (random.nextInt(12)) {
                        case 0 -> "\r";
                        case 1 -> "\n";
                        case 2 -> "\r\n";
                        case 3 -> ".";
                        default -> "x".repeat(random.nextInt(100));
                    });
        }
        return text.toString();
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMED", "OPENED"})
    void a_chunk_that_is_refused_on_its_way_is_refused_once(Path path) {
        destination.on("BDAT").reply("552 5.2.2 Full");
        Dialogue client = client(NORMALIZE, path).envelope();
        client.sends(last("Subject: x\n\n" + "line\n".repeat(50_000)))
                .hears("552 5.2.2")
                .says("NOOP")
                .hears("250");
        assertThat(destination.messages()).isEmpty();
    }
}
