package io.github.smtpproxy.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A fault of one test, or of each test of a class and of the classes nested in it. Says where, how often, and exactly one thing
 * that goes wrong; the names are those of {@link io.github.smtpproxy.chaos.Inject}, and so are the limits.
 *
 * <pre>{@code
 * @SmtpFault(on = On.RCPT, address = "b@example.org", times = 1, reply = "450 4.2.1 busy")
 * @SmtpFault(on = On.MESSAGE, afterOctets = 10_000, hangUp = true)
 * }</pre>
 *
 * <p>A test whose faults make no sense fails before it begins. Where a class has several extensions, each gets the fault.
 */
@Documented
@Inherited
@Repeatable(SmtpFaultList.class)
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface SmtpFault {

    /** Where a fault is made. */
    enum On {
        /** When a client has connected. */
        CONNECT,
        /** At EHLO. */
        EHLO,
        /** At STARTTLS. */
        STARTTLS,
        /** At AUTH. */
        AUTH,
        /** At MAIL. */
        MAIL,
        /** At RCPT. */
        RCPT,
        /** At DATA, before 354. */
        DATA,
        /** At the message, whether it comes with DATA or BDAT. */
        MESSAGE,
        /** At QUIT. */
        QUIT
    }

    /** Where it is made. */
    On on();

    /** The sender at MAIL, a recipient at RCPT and MESSAGE; any by default. */
    String address() default "";

    /** So many times at most; 0, the default, is each time. */
    long times() default 0;

    /** Leaves out the first times that it fits; none by default. */
    long after() default 0;

    /** The probability, 0 to 1; always by default. */
    double probability() default 1;

    /** The seed of the probability. */
    long seed() default 0;

    /** Of a MESSAGE: in the middle of it, when so many octets have arrived. 0, the default, is at its end. */
    long afterOctets() default 0;

    /** What goes wrong: this refusal, with an enhanced status, such as {@code "450 4.2.1 busy"}. */
    String reply() default "";

    /** What goes wrong: so many milliseconds pass first. */
    long delayMillis() default 0;

    /** What goes wrong: both connections are closed. */
    boolean hangUp() default false;

    /** What goes wrong: the client's connection is reset. */
    boolean reset() default false;

    /** What goes wrong: both connections are closed in place of the reply, after the server has done it. */
    boolean loseReply() default false;

    /** What goes wrong: EHLO does not offer this extension. Of EHLO only. */
    String hide() default "";

    /** What goes wrong: so many octets a second at most. Of a MESSAGE only. */
    long bandwidth() default 0;
}
