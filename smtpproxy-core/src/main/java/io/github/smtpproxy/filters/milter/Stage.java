package io.github.smtpproxy.filters.milter;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What can be sent to a milter. */
enum Stage {
    CONNECT('C', 0, 12, 0, "j {daemon_name} {daemon_addr} v _"),
    HELO('H', 1, 13, 1, "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}"),
    MAIL('M', 2, 14, 2, "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}"),
    RCPT('R', 3, 15, 3, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}"),
    DATA('T', 9, 16, 4, "i"),
    HEADER('L', 5, 7, Stage.NONE, ""),
    END_OF_HEADERS('N', 6, 18, 6, "i"),
    BODY('B', 4, 19, Stage.NONE, ""),
    END_OF_MESSAGE('E', Stage.NONE, Stage.NONE, 5, "i"),
    UNKNOWN('U', 8, 17, Stage.NONE, "");

    private static final int NONE = -1;

    private final char command;
    private final int unwanted;
    private final int unanswered;
    private final int symbols;
    private final List<String> macros;

    /**
     * @param unwanted the bit by which a milter asks not to get it
     * @param unanswered the bit by which it declares that it will not answer
     * @param symbols the class of macros, as a milter names it
     * @param macros which it gets unless it names others
     */
    Stage(char command, int unwanted, int unanswered, int symbols, String macros) {
        this.command = command;
        this.unwanted = unwanted;
        this.unanswered = unanswered;
        this.symbols = symbols;
        this.macros = names(macros);
    }

    /** The names in a list of macros. */
    static List<String> names(String list) {
        return Stream.of(list.split("[ ,]+"))
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
    }

    static Optional<Stage> ofSymbols(int number) {
        return Stream.of(values())
                .filter(s -> s.symbols == number && number >= 0)
                .findFirst();
    }

    char command() {
        return command;
    }

    boolean isUnwanted(int steps) {
        return unwanted >= 0 && (steps >> unwanted & 1) != 0;
    }

    boolean isUnanswered(int steps) {
        return unanswered >= 0 && (steps >> unanswered & 1) != 0;
    }

    /** The bit by which it is left out. */
    int unwantedBit() {
        return 1 << unwanted;
    }

    List<String> macros() {
        return macros;
    }

    /** Whether it is about the client, whatever it sends. */
    boolean isOfSession() {
        return this == CONNECT || this == HELO;
    }

    /** Whether it is a part of the message itself. */
    boolean isOfContent() {
        return this == HEADER || this == END_OF_HEADERS || this == BODY || this == END_OF_MESSAGE;
    }
}
