package io.github.smtpproxy;

import static io.github.smtpproxy.testing.ContentFilters.changing;
import static io.github.smtpproxy.testing.ContentFilters.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.config.BareNewlines;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.Dialogue;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is put before a message takes nothing away from it: of its header, its first lines, its emptiness. */
class FirstLinesTest extends ProxyTest {

    private static final String FROM = "From root@c.test Tue Nov 24 10:00:00 2026\r\n";

    /** A message, and what is to stand behind a field that was put before it. */
    private record Sent(String message, String behindOurs) {
        static Sent asItIs(String message) {
            return new Sent(message, message);
        }
    }

    private static final List<Sent> MESSAGES = List.of(
            Sent.asItIs("Subject: x\r\n\r\nhello\r\n"),
            Sent.asItIs("From: a@c.test\r\n\r\nhello\r\n"),
            Sent.asItIs("From : a\r\n\r\nhello\r\n".replace("From :", "Fro :")),
            Sent.asItIs("no field\r\nSubject: x\r\n\r\nhello\r\n"),
            Sent.asItIs("\r\nhello\r\n"),
            Sent.asItIs("\r\n hello\r\n"),
            Sent.asItIs("\r\n" + FROM),
            Sent.asItIs(">\r\n"),
            Sent.asItIs(">>Fro\r\n"),
            Sent.asItIs("Subject: x\r\n" + FROM + "\r\nhello\r\n"),
            new Sent(" hello\r\nSubject: x\r\n\r\nbody\r\n", "\r\n hello\r\nSubject: x\r\n\r\nbody\r\n"),
            new Sent("\thello\r\n", "\r\n\thello\r\n"),
            new Sent(FROM + "Subject: x\r\n\r\nhello\r\n", "X-Mailbox-Line: " + FROM + "Subject: x\r\n\r\nhello\r\n"),
            new Sent(
                    ">" + FROM + ">>" + FROM + "Subject: x\r\n\r\n" + FROM,
                    "X-Mailbox-Line: >" + FROM + "X-Mailbox-Line: >>" + FROM + "Subject: x\r\n\r\n" + FROM),
            new Sent(FROM + " hello\r\n\r\nbody\r\n", "X-Mailbox-Line: " + FROM + "\r\n hello\r\n\r\nbody\r\n"),
            new Sent(FROM + "\r\nhello\r\n", "X-Mailbox-Line: " + FROM + "\r\nhello\r\n"),
            new Sent(FROM, "X-Mailbox-Line: " + FROM));

    /** What stands between the client and the destination. */
    private enum Path {
        STREAMED,
        LOOKED_AT,
        LIMITED,
        OPENED,
        FIELD_ADDED,
        REPLACED;

        SmtpProxyBuilder in(SmtpProxyBuilder builder) {
            return switch (this) {
                case STREAMED -> builder;
                case LOOKED_AT -> builder.filter(changing(m -> m));
                case LIMITED -> builder.filter(LimitSize.to(1_000_000));
                case OPENED ->
                    builder.filter(changing(m -> {
                        read(m.content());
                        return m;
                    }));
                case FIELD_ADDED ->
                    builder.filter(changing(m -> m.withHeaders(m.headers().prepend("X-Seen", "yes"))));
                case REPLACED -> builder.filter(changing(m -> m.withContent(m.content()::open)));
            };
        }
    }

    /** How its octets come. */
    private enum Way {
        DATA,
        DATA_OCTET_BY_OCTET,
        BDAT,
        BDAT_IN_TWO,
        BDAT_OCTET_BY_OCTET;

        void send(Dialogue client, String message) {
            switch (this) {
                case DATA ->
                    client.says("DATA").hears("354").sends(message + ".\r\n").hears("250");
                case DATA_OCTET_BY_OCTET -> {
                    client.says("DATA").hears("354");
                    for (char octet : (message + ".\r\n").toCharArray()) {
                        client.sends(String.valueOf(octet));
                    }
                    client.hears("250");
                }
                case BDAT -> client.sends(last(message)).hears("250");
                case BDAT_IN_TWO -> {
                    int half = message.length() / 2;
                    client.sends("BDAT " + half + "\r\n" + message.substring(0, half))
                            .hears("250")
                            .sends(last(message.substring(half)))
                            .hears("250");
                }
                case BDAT_OCTET_BY_OCTET -> {
                    client.says("BDAT 0").hears("250");
                    for (char octet : message.toCharArray()) {
                        client.sends("BDAT 1\r\n" + octet).hears("250");
                    }
                    client.says("BDAT 0 LAST").hears("250");
                }
            }
        }

        private static String last(String octets) {
            return "BDAT " + octets.length() + " LAST\r\n" + octets;
        }
    }

    static Stream<Arguments> pathsAndWays() {
        return Arrays.stream(Path.values())
                .flatMap(p -> Arrays.stream(Way.values())
                        .flatMap(w -> Stream.of(false, true).map(late -> Arguments.of(p, w, late))));
    }

    private Dialogue client(Endpoint endpoint, Path path, boolean late) {
        Router router = late
                ? Router.byRecipientDomain().route("dest.test", destination.destination())
                : Router.to(destination.destination());
        return clientOf(path.in(proxy(endpoint, router))).greets();
    }

    @BeforeEach
    void chunks_are_taken() {
        destination.takesChunks();
    }

    @ParameterizedTest(name = "{0} {1} late={2}")
    @MethodSource("pathsAndWays")
    void nothing_is_lost_behind_a_field_of_ours(Path path, Way way, boolean late) {
        Dialogue client = client(ENDPOINT.received(true), path, late);
        for (Sent sent : MESSAGES) {
            way.send(client.envelope(), sent.message);
            String last = destination.messages().get(destination.messages().size() - 1);
            String added = path == Path.FIELD_ADDED ? "X-Seen: yes\r\n" : "";
            assertThat(last).matches("(?s)Received: from client.test .*").contains(" +0000\r\n");
            String behind = last.substring(last.indexOf(" +0000\r\n") + 8);
            assertThat(behind).as("%s %s", path, way).startsWith(added);
            assertThat(unparted(path, sent, behind.substring(added.length())))
                    .as("%s %s", path, way)
                    .isEqualTo(sent.behindOurs);
        }
    }

    @ParameterizedTest(name = "{0} {1} late={2}")
    @MethodSource("pathsAndWays")
    void without_one_not_an_octet_changes(Path path, Way way, boolean late) {
        Dialogue client = client(ENDPOINT, path, late);
        for (Sent sent : MESSAGES) {
            way.send(client.envelope(), sent.message);
            String last = destination.messages().get(destination.messages().size() - 1);
            String expected = switch (path) {
                case FIELD_ADDED -> "X-Seen: yes\r\n" + sent.behindOurs;
                case REPLACED -> sent.behindOurs.replace("X-Mailbox-Line: ", "");
                default -> sent.message;
            };
            assertThat(unparted(path, sent, last)).as("%s %s", path, way).isEqualTo(expected);
        }
    }

    /** A body that a filter made is parted from the header, also where the client sent none. */
    private static String unparted(Path path, Sent sent, String got) {
        boolean noBody = !sent.message.contains("\r\n\r\n") && !sent.message.startsWith("\r\n");
        boolean parted = path == Path.REPLACED && noBody && got.endsWith("\r\n\r\n");
        return parted ? got.substring(0, got.length() - 2) : got;
    }

    @ParameterizedTest
    @EnumSource
    void a_mailbox_line_that_has_no_end_is_one(Path path) {
        Dialogue client = client(ENDPOINT.received(true), path, false);
        Way.BDAT.send(client.envelope(), ">From root@c.test");
        assertThat(destination.messages().get(0)).contains("X-Mailbox-Line: >From root@c.test");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FIELD_ADDED")
    void one_empty_line_parts_white_space_from_a_mailbox_line_that_ends_in_lf(Path path) {
        Dialogue client = client(ENDPOINT.received(true).bareNewlines(BareNewlines.PASS), path, false);
        Way.DATA.send(client.envelope(), "From root@c.test\n hello\r\n");
        assertThat(destination.messages().get(0)).endsWith("X-Mailbox-Line: From root@c.test\n\r\n hello\r\n");
    }

    @Test
    void a_dot_behind_a_354_without_a_recipient_stays_alone() {
        destination.on("RCPT TO:").reply("550 5.1.1 Nobody here");
        destination.on("DATA").reply("354 Go on");
        destination.on(".").reply("554 5.5.1 No valid recipients");
        Dialogue client = client(ENDPOINT.received(true), Path.STREAMED, false);
        client.saysTogether("MAIL FROM:<a@client.test>", "RCPT TO:<b@dest.test>", "DATA")
                .hears("250")
                .hears("550")
                .hears("354")
                .says(".")
                .hears("554");
        assertThat(destination.messages()).containsExactly("");
    }
}
