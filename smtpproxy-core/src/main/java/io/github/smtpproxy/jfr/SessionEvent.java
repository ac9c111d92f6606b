package io.github.smtpproxy.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One session, from its beginning to its end. */
@Name("io.github.smtpproxy.Session")
@Label("SMTP session")
@Category({"SMTP proxy"})
@Description("One connection of a client")
@StackTrace(false)
final class SessionEvent extends Event {

    @Label("Session")
    String session;

    @Label("Endpoint")
    String endpoint;

    @Label("Client's address")
    String client;

    @Label("TLS")
    @Description("The protocol, or nothing in plaintext")
    String tls;

    @Label("Transactions")
    int transactions;
}
