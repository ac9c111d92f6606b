package io.github.smtpproxy.junit;

import io.github.smtpproxy.chaos.AfterOctets;
import io.github.smtpproxy.chaos.Inject;
import io.github.smtpproxy.chaos.Injection;
import io.github.smtpproxy.chaos.OnMessage;
import io.github.smtpproxy.junit.SmtpFault.On;
import java.lang.reflect.AnnotatedElement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Adds the faults that annotations tell: those of outer classes first, those of the method last. */
final class Annotated {

    private static final Pattern REPLY = Pattern.compile("([45][0-9]{2}) ([45]\\.[0-9]{1,3}\\.[0-9]{1,3}) (.+)");

    private final Inject inject;

    private Annotated(Inject inject) {
        this.inject = inject;
    }

    static void add(Inject inject, ExtensionContext context) {
        Annotated annotated = new Annotated(inject);
        for (SmtpFault fault : faults(context)) {
            try {
                annotated.add(fault);
            } catch (IllegalArgumentException e) {
                throw new ExtensionConfigurationException(
                        "@SmtpFault of " + context.getDisplayName() + ": " + e.getMessage(), e);
            }
        }
    }

    private static List<SmtpFault> faults(ExtensionContext context) {
        Deque<AnnotatedElement> elements = new ArrayDeque<>();
        context.getTestMethod().ifPresent(elements::add);
        for (Class<?> type = context.getRequiredTestClass(); type != null; type = type.getEnclosingClass()) {
            elements.addFirst(type);
        }
        List<SmtpFault> faults = new ArrayList<>();
        elements.forEach(e -> faults.addAll(AnnotationSupport.findRepeatableAnnotations(e, SmtpFault.class)));
        return faults;
    }

    private void add(SmtpFault fault) {
        check(fault);
        if (fault.on() == On.MESSAGE) {
            addToMessage(fault);
        } else if (!fault.hide().isEmpty()) {
            often(inject.onEhlo(), fault).hide(fault.hide());
        } else {
            make(command(fault), fault);
        }
    }

    private static void check(SmtpFault fault) {
        long things = Stream.of(
                        !fault.reply().isEmpty(),
                        fault.delayMillis() != 0,
                        fault.hangUp(),
                        fault.reset(),
                        fault.loseReply(),
                        !fault.hide().isEmpty(),
                        fault.bandwidth() != 0)
                .filter(said -> said)
                .count();
        require(things == 1, "exactly one thing must go wrong, were " + things);
        require(fault.hide().isEmpty() || fault.on() == On.EHLO, "hide must be on EHLO, was on " + fault.on());
        boolean ofMessage = fault.bandwidth() != 0 || fault.afterOctets() != 0;
        require(
                !ofMessage || fault.on() == On.MESSAGE,
                "bandwidth and afterOctets must be on MESSAGE, were on " + fault.on());
        boolean addressed = fault.on() == On.MAIL || fault.on() == On.RCPT || fault.on() == On.MESSAGE;
        require(
                fault.address().isEmpty() || addressed,
                "address must be on MAIL, RCPT or MESSAGE, was on " + fault.on());
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    private Injection<?> command(SmtpFault fault) {
        boolean any = fault.address().isEmpty();
        return switch (fault.on()) {
            case CONNECT -> often(inject.onConnect(), fault);
            case EHLO -> often(inject.onEhlo(), fault);
            case MAIL -> often(any ? inject.onMail() : inject.onMail(fault.address()), fault);
            case RCPT -> often(any ? inject.onRcpt() : inject.onRcpt(fault.address()), fault);
            default -> often(inject.on(fault.on().name()), fault);
        };
    }

    private void addToMessage(SmtpFault fault) {
        OnMessage message = often(inject.onMessage(), fault);
        if (!fault.address().isEmpty()) {
            message = message.to(fault.address());
        }
        if (fault.bandwidth() != 0) {
            message.bandwidth(fault.bandwidth());
        } else if (fault.afterOctets() != 0) {
            make(message.afterOctets(fault.afterOctets()), fault);
        } else {
            make(message, fault);
        }
    }

    private static <T extends Injection<T>> T often(T injection, SmtpFault fault) {
        T often = fault.times() == 0 ? injection : injection.times(fault.times());
        often = often.after(fault.after());
        return fault.probability() == 1 ? often : often.probability(fault.probability(), fault.seed());
    }

    private static void make(Injection<?> where, SmtpFault fault) {
        if (fault.hangUp()) {
            where.hangUp();
        } else if (fault.reset()) {
            where.reset();
        } else if (fault.loseReply()) {
            where.loseReply();
        } else if (fault.delayMillis() != 0) {
            where.delay(Duration.ofMillis(fault.delayMillis()));
        } else {
            Matcher reply = reply(fault);
            where.reply(Integer.parseInt(reply.group(1)), reply.group(2), reply.group(3));
        }
    }

    private static void make(AfterOctets where, SmtpFault fault) {
        require(!fault.loseReply(), "loseReply must be without afterOctets");
        if (fault.hangUp()) {
            where.hangUp();
        } else if (fault.reset()) {
            where.reset();
        } else if (fault.delayMillis() != 0) {
            where.delay(Duration.ofMillis(fault.delayMillis()));
        } else {
            Matcher reply = reply(fault);
            where.reply(Integer.parseInt(reply.group(1)), reply.group(2), reply.group(3));
        }
    }

    private static Matcher reply(SmtpFault fault) {
        Matcher reply = REPLY.matcher(fault.reply());
        require(
                reply.matches(),
                "reply must be a code, an enhanced status and a text, such as \"450 4.2.1 busy\", was \""
                        + fault.reply() + "\"");
        return reply;
    }
}
