package com.example.post;

import jakarta.mail.Message.RecipientType;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.time.Duration;
import java.util.Properties;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;

/** Sends letters, and tries again where the server says that later is better. The program that is tested here. */
public final class PostOffice {

    private static final int TRIES = 3;

    private final Session session;

    public PostOffice(String host, int port) {
        this(host, port, Duration.ofMinutes(1));
    }

    /** With a limit of the time that a reply may take. */
    public PostOffice(String host, int port, Duration patience) {
        Properties settings = new Properties();
        settings.put("mail.smtp.host", host);
        settings.put("mail.smtp.port", Integer.toString(port));
        settings.put("mail.smtp.timeout", Long.toString(patience.toMillis()));
        settings.put("mail.smtp.connectiontimeout", Long.toString(patience.toMillis()));
        settings.put("mail.smtp.from", "office@example.org");
        settings.put("mail.mime.allowutf8", "true");
        this.session = Session.getInstance(settings);
    }

    /** Gives the number of tries that it took. */
    public int send(String to, String text) throws MessagingException {
        for (int tries = 1; ; tries++) {
            try {
                Transport.send(letter(to, text));
                return tries;
            } catch (MessagingException e) {
                if (tries == TRIES || !isTransient(e)) {
                    throw e;
                }
            }
        }
    }

    private MimeMessage letter(String to, String text) throws MessagingException {
        MimeMessage letter = new MimeMessage(session);
        letter.setRecipient(RecipientType.TO, new InternetAddress(to));
        letter.setSubject("A letter");
        letter.setText(text);
        return letter;
    }

    /** A reply 4xx. A connection that breaks tells nothing of the letter: it may be there, and is not sent again. */
    private static boolean isTransient(Exception e) {
        int code = e instanceof SMTPSendFailedException failed
                ? failed.getReturnCode()
                : e instanceof SMTPAddressFailedException refused ? refused.getReturnCode() : 0;
        return code / 100 == 4 || e instanceof MessagingException outer && outer.getNextException() != null
                && isTransient(outer.getNextException());
    }
}
