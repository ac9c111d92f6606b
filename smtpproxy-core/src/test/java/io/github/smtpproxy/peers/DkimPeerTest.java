package io.github.smtpproxy.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.smtpproxy.SmtpProxy;
import io.github.smtpproxy.config.Endpoint;
import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filters.LimitSize;
import io.github.smtpproxy.filters.dkim.DkimKey;
import io.github.smtpproxy.filters.dkim.DkimResult;
import io.github.smtpproxy.filters.dkim.DkimResult.Code;
import io.github.smtpproxy.filters.dkim.DkimVerifier;
import io.github.smtpproxy.filters.dkim.SignDkim;
import io.github.smtpproxy.message.Content;
import io.github.smtpproxy.message.Headers;
import io.github.smtpproxy.message.Message;
import io.github.smtpproxy.route.Router;
import io.github.smtpproxy.testing.ContentFilters;
import io.github.smtpproxy.testing.Dialogue;
import io.github.smtpproxy.testing.DkimKeys;
import io.github.smtpproxy.testing.ForeignSigner;
import io.github.smtpproxy.testing.NothingLeft;
import io.github.smtpproxy.testing.ScriptedDestination;
import io.github.smtpproxy.testing.ScriptedDns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What we sign, dkimpy and OpenDKIM verify; what dkimpy signs, we verify. */
@Tag("servers")
@Timeout(300)
class DkimPeerTest {

    private static final String PYTHON = "/usr/bin/python3";
    private static final String OPENDKIM = "/usr/sbin/opendkim";
    private static final int MESSAGES = 240;

    private static final KeyPair RSA = ForeignSigner.rsa(2048);
    private static final KeyPair ED25519 = ForeignSigner.ed25519();
    private static final DkimKey RSA_KEY = DkimKey.of("client.test", "r1", RSA.getPrivate());
    private static final DkimKey ED25519_KEY = DkimKey.of("client.test", "e1", ED25519.getPrivate());

    /** For each file how many signatures it has, and whether each is good. */
    private static final String VERIFY = """
        import dkim, sys
        folder = sys.argv[1]
        keys = dict(line.rstrip('\\n').split(' ', 1) for line in open(folder + '/keys'))
        def txt(name, timeout=5):
            return keys[name.decode().rstrip('.')].encode()
        for i in range(int(sys.argv[2])):
            message = dkim.DKIM(open('%s/%d' % (folder, i), 'rb').read())
            try:
                print(i, message.verify(idx=0, dnsfunc=txt), message.verify(idx=1, dnsfunc=txt))
            except Exception as e:
                print(i, repr(e))
        """;

    private static final String SIGN = """
        import dkim, sys
        folder = sys.argv[1]
        rsa, ed25519 = open(folder + '/rsa', 'rb').read(), open(folder + '/ed25519', 'rb').read()
        for i in range(int(sys.argv[2])):
            text = open('%s/%d' % (folder, i), 'rb').read()
            kinds = (b'simple', b'relaxed')
            signature = dkim.sign(text, *((b'r1', b'client.test', rsa) if i % 3 else (b'e1', b'client.test', ed25519)),
                canonicalize=(kinds[i & 1], kinds[i >> 1 & 1]), length=i % 5 == 0,
                signature_algorithm=b'rsa-sha256' if i % 3 else b'ed25519-sha256')
            open('%s/%d' % (folder, i), 'wb').write(signature + text)
        """;

    private final NothingLeft ending = new NothingLeft();
    private final ScriptedDestination destination = ending.startDestination().takesChunks();
    private final List<Dialogue> clients = new ArrayList<>();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        clients.forEach(Dialogue::close);
        ending.close();
    }

    private Dialogue client(Filter... filters) {
        Endpoint endpoint = Endpoint.at("127.0.0.1", 0).hostname("proxy.test");
        var builder = SmtpProxy.builder().listen(endpoint).router(Router.to(destination.destination()));
        List.of(filters).forEach(builder::filter);
        Dialogue client = Dialogue.with(ending.start(builder).address());
        clients.add(client);
        return client.greets();
    }

    private static void send(Dialogue client, String message, boolean chunks) {
        client.envelope();
        if (chunks) {
            int half = message.length() / 2;
            client.sends("BDAT " + half + "\r\n" + message.substring(0, half)).hears("250");
            client.sends("BDAT " + (message.length() - half) + " LAST\r\n" + message.substring(half));
        } else {
            client.says("DATA").hears("354").sends(message.replaceAll("(?<=^|\r\n)\\.", "..") + ".\r\n");
        }
        client.hears("250");
    }

    /** Sends the messages in turn by DATA and by BDAT, some beside other filters; gives what arrived, without dot-stuffing. */
    private List<String> signed() {
        SignDkim signing = SignDkim.with(RSA_KEY, ED25519_KEY);
        Filter opening = ContentFilters.looking((message, next) -> {
            ContentFilters.read(message.content());
            return next.proceed(message.withHeaders(message.headers().prepend("X-Seen", "before")));
        });
        Filter after = ContentFilters.changing(m -> m.withHeaders(m.headers().prepend("X-Seen", "behind")));
        List<Dialogue> lanes = List.of(client(signing), client(LimitSize.to(1 << 20), opening, signing, after));
        DkimCorpus corpus = new DkimCorpus(6376);
        List<String> arrived = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            boolean chunks = i % 3 == 0;
            String message = corpus.message(!chunks || i % 2 == 0);
            send(lanes.get(i / 2 % 2), message, chunks);
            String wire = destination.messages().get(i);
            String text = chunks ? wire : wire.replaceAll("(?<=^|\r\n)\\.", "");
            assertThat(text).as("message %s", i).endsWith("\r\n" + message);
            arrived.add(text);
        }
        return arrived;
    }

    private void write(List<String> messages) throws IOException {
        for (int i = 0; i < messages.size(); i++) {
            Files.writeString(folder.resolve(Integer.toString(i)), messages.get(i), StandardCharsets.ISO_8859_1);
        }
        Files.writeString(
                folder.resolve("keys"),
                RSA_KEY.recordName() + " " + RSA_KEY.record() + "\n" + ED25519_KEY.recordName() + " "
                        + ED25519_KEY.record() + "\n");
    }

    private String python(String script) {
        Path file = DkimKeys.file(folder.resolve("script.py"), script);
        return Peer.run("", PYTHON, file.toString(), folder.toString(), Integer.toString(MESSAGES))
                .output();
    }

    @Test
    void what_we_sign_others_verify() throws IOException {
        Peer.require(PYTHON, OPENDKIM);
        List<String> signed = signed();
        write(signed);
        assertThat(python(VERIFY).lines())
                .containsExactlyElementsOf(IntStream.range(0, MESSAGES)
                        .mapToObj(i -> i + " True True")
                        .toList());
        // as the next server's DATA ends them; OpenDKIM does not read a file with an open line
        write(signed.stream().map(m -> m.endsWith("\r\n") ? m : m + "\r\n").toList());
        assertThat(openDkim()).hasSize(MESSAGES).allMatch(line -> line.endsWith(" succeeded"));
    }

    /** What it says of the RSA signature of each message. It knows no Ed25519. */
    private List<String> openDkim() {
        Path settings = DkimKeys.file(
                folder.resolve("conf"),
                "Mode v\nTestPublicKeys " + folder.resolve("keys") + "\nOn-BadSignature accept\n");
        String files = IntStream.range(0, MESSAGES)
                .mapToObj(i -> folder.resolve(Integer.toString(i)).toString())
                .collect(Collectors.joining(","));
        return Peer.run("", OPENDKIM, "-x", settings.toString(), "-t", files)
                .output()
                .lines()
                .filter(line -> line.contains(": verification "))
                .toList();
    }

    @Test
    void what_dkimpy_signs_we_verify() throws IOException {
        Peer.require(PYTHON);
        write(DkimCorpus.messages(8463, MESSAGES).toList());
        DkimKeys.file(folder.resolve("rsa"), DkimKeys.pkcs1(RSA));
        byte[] secret = ED25519.getPrivate().getEncoded();
        DkimKeys.file(
                folder.resolve("ed25519"),
                Base64.getEncoder().encodeToString(Arrays.copyOfRange(secret, secret.length - 32, secret.length)));
        assertThat(python(SIGN)).isEmpty();
        try (ScriptedDns dns = ScriptedDns.start()
                .has(RSA_KEY.recordName(), RSA_KEY.record())
                .has(ED25519_KEY.recordName(), ED25519_KEY.record())) {
            DkimVerifier verifier = DkimVerifier.with(dns.resolver());
            for (int i = 0; i < MESSAGES; i++) {
                byte[] signed = Files.readAllBytes(folder.resolve(Integer.toString(i)));
                assertThat(verifier.verify(message(signed)))
                        .as("message %s", i)
                        .singleElement()
                        .extracting(DkimResult::code)
                        .isEqualTo(Code.PASS);
                signed[signed.length / 2 + 1] ^= 1;
                assertThat(verifier.verify(message(signed)))
                        .as("message %s, changed", i)
                        .extracting(DkimResult::code)
                        .doesNotContain(Code.TEMPERROR);
            }
        }
    }

    private static Message message(byte[] octets) {
        int end = new String(octets, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 2;
        return Message.of(
                Headers.parse(Arrays.copyOf(octets, end)),
                Content.of(Arrays.copyOfRange(octets, end + 2, octets.length)));
    }
}
