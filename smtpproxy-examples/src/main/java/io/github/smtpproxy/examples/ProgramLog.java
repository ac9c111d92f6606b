package io.github.smtpproxy.examples;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.LoggerFactory;

/**
 * What these programs log, on standard error: warnings and errors, unless a program asks for more. Logback finds it by its
 * name among the services; it is quicker than a configuration in XML, and has no file that could be in the way of the
 * host's.
 */
public final class ProgramLog extends ContextAwareBase implements Configurator {

    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %level %logger{0} - %msg%n";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        use(context, Level.WARN, text(context));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** From now on, lines of text from this level on, such as {@code info}. */
    public static void text(String level) {
        LoggerContext context = context();
        use(context, Level.valueOf(level), text(context));
    }

    /** From now on, objects in JSON, one a line. */
    public static void json(String level) {
        use(context(), Level.valueOf(level), new JsonLines());
    }

    private static LoggerContext context() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }

    private static Encoder<ILoggingEvent> text(LoggerContext context) {
        PatternLayoutEncoder lines = new PatternLayoutEncoder();
        lines.setContext(context);
        lines.setPattern(PATTERN);
        return lines;
    }

    private static void use(LoggerContext context, Level level, Encoder<ILoggingEvent> encoder) {
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        encoder.setContext(context);
        encoder.start();
        appender.setEncoder(encoder);
        appender.setTarget("System.err");
        appender.start();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
        root.setLevel(level);
        // it tells each start and stop of a port at INFO, which the gateway does in one line
        context.getLogger("org.subethamail").setLevel(level == Level.INFO ? Level.WARN : level);
    }
}
