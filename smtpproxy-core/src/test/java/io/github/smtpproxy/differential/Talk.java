package io.github.smtpproxy.differential;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/**
 * A message sent with one path in question.
 *
 * @param reply what was said to the path
 * @param id what the server calls the message, if it took it
 */
record Talk(String reply, Optional<String> id) {

    private static final Pattern ID = Pattern.compile("250 .*(?:queued as |id=)(\\S+)");

    static Talk with(InetSocketAddress server, String name, Path path, boolean sender) throws IOException {
        try (Connection connection = new Connection(server, anyTls())) {
            connection.read();
            say(connection, "EHLO " + name);
            String utf8 = path.isAscii() ? "" : " SMTPUTF8";
            String mail = say(connection, sender ? "MAIL FROM:" + path.text() + utf8 : "MAIL FROM:<x@c.test>" + utf8);
            String rcpt = say(connection, sender ? "RCPT TO:<alice@dest.test>" : "RCPT TO:" + path.text());
            String asked = sender ? mail : rcpt;
            if (!asked.startsWith("250") || !say(connection, "DATA").startsWith("354")) {
                return new Talk(asked, Optional.empty());
            }
            Matcher id = ID.matcher(say(connection, "Subject: x\r\n\r\nx\r\n."));
            Talk talk = new Talk(asked, id.matches() ? Optional.of(id.group(1)) : Optional.empty());
            say(connection, "QUIT");
            return talk;
        }
    }

    private static String say(Connection connection, String line) {
        connection.write(line + "\r\n");
        List<String> reply = connection.read();
        return reply.get(reply.size() - 1);
    }

    private static SSLContext anyTls() throws IOException {
        try {
            return SSLContext.getDefault();
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
    }
}
