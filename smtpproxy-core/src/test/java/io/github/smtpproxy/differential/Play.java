package io.github.smtpproxy.differential;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;

/** One session with one server: a {@link Script} in one {@link Grouping}, and all that was heard. */
final class Play {

    private static final String GREETING = "(greeting)";

    private final Grouping grouping;
    private final Connection connection;
    private final List<Step.Say> unsaid = new ArrayList<>();
    private final List<Exchange> heard = new ArrayList<>();

    private Play(Grouping grouping, Connection connection) {
        this.grouping = grouping;
        this.connection = connection;
    }

    static List<Exchange> of(Script script, Grouping grouping, InetSocketAddress server, SSLContext tls)
            throws IOException {
        try (Connection connection = new Connection(server, tls)) {
            Play play = new Play(grouping, connection);
            play.hear(GREETING);
            for (Step step : script.steps()) {
                play.step(step);
            }
            play.end(script.quits());
            return play.heard;
        }
    }

    private void step(Step step) throws IOException {
        if (step instanceof Step.Say say) {
            unsaid.add(say);
            return;
        }
        settle();
        if (over()) {
            return;
        }
        if (step instanceof Step.Body body && last().says("354")) {
            unsaid.add(new Step.Say(body.octets(), 1));
        } else if (step instanceof Step.StartTls startTls) {
            startTls(startTls.injected());
        } else if (step instanceof Step.Auth auth) {
            authenticate(auth);
        }
    }

    /** Whatever comes that was not owed comes before the reply to QUIT, or the close behind it. */
    private void end(boolean quit) {
        settle();
        if (!over() && !quit) {
            connection.write("QUIT\r\n");
        }
        while (!over()) {
            hear("(end)");
        }
    }

    private void settle() {
        List<Step.Say> now = List.copyOf(unsaid);
        unsaid.clear();
        for (List<Step.Say> group : grouping.of(now)) {
            if (over()) {
                return;
            }
            StringBuilder octets = new StringBuilder();
            group.forEach(s -> octets.append(s.octets()));
            connection.write(octets.toString());
            for (Step.Say say : group) {
                for (int i = 0; i < say.replies(); i++) {
                    hear(say.label());
                }
            }
        }
    }

    private void startTls(String injected) throws IOException {
        connection.write("STARTTLS\r\n" + injected);
        hear("STARTTLS");
        if (last().says("220")) {
            try {
                connection.handshake();
                heard.add(new Exchange("(handshake)", List.of("done")));
            } catch (IOException refused) {
                heard.add(new Exchange("(handshake)", Exchange.CLOSED));
            }
        }
    }

    private void authenticate(Step.Auth auth) {
        SaslClient client = SaslClient.of(auth);
        connection.write(("AUTH " + auth.mechanism() + " " + client.initial()).strip() + "\r\n");
        hear("AUTH " + auth.mechanism());
        for (int i = 0; i < 5 && !over() && last().says("334"); i++) {
            String challenge = last().reply().get(0).substring(3).strip();
            connection.write(client.answer(challenge) + "\r\n");
            hear("(response)");
        }
    }

    private void hear(String command) {
        if (!over()) {
            heard.add(new Exchange(command, connection.read()));
        }
    }

    private boolean over() {
        return !heard.isEmpty() && last().ended();
    }

    private Exchange last() {
        return heard.get(heard.size() - 1);
    }
}
