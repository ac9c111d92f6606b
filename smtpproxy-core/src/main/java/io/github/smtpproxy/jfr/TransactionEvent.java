package io.github.smtpproxy.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One transaction, from MAIL to its end. */
@Name("io.github.smtpproxy.Transaction")
@Label("SMTP transaction")
@Category({"SMTP proxy"})
@Description("One mail transaction, from MAIL to its end")
@StackTrace(false)
final class TransactionEvent extends Event {

    @Label("Transaction")
    String transaction;

    @Label("Destination")
    String destination;

    @Label("Outcome")
    String outcome;

    @Label("Refused by")
    String refusedBy;

    @Label("Code")
    @Description("Of the last reply; 0 without one")
    int code;

    @Label("Octets")
    @DataAmount
    long octets;

    @Label("Recipients accepted")
    int recipientsAccepted;

    @Label("Recipients refused")
    int recipientsRefused;
}
