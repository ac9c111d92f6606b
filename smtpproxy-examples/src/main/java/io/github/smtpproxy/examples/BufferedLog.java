package io.github.smtpproxy.examples;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.concurrent.locks.LockSupport;

/**
 * Standard error for a program that logs a line for each message: lines that come close together are written together, a
 * tenth of a second after the first of them at the latest. A write for each line would cost more than the line itself;
 * nginx has the parameters buffer and flush of its access_log for the same reason. Any thread.
 */
public final class BufferedLog extends PrintStream {

    private static final int BUFFER = 64 * 1024;
    private static final long PERIOD_NANOS = 100_000_000;

    /** @param target takes what is written together */
    BufferedLog(OutputStream target) {
        super(new BufferedOutputStream(target, BUFFER), false);
    }

    /** Makes it this program's standard error. Code that logs while the program ends calls {@link #finish} last. */
    public static void install() {
        BufferedLog log = new BufferedLog(new FileOutputStream(FileDescriptor.err));
        log.start();
        System.setErr(log);
        Runtime.getRuntime().addShutdownHook(new Thread(BufferedLog::finish, "log-end"));
    }

    /** Leaves nothing unwritten, if it was installed. */
    public static void finish() {
        if (System.err instanceof BufferedLog log) {
            log.writeOut();
        }
    }

    /** From now on, writes what has arrived at each interval. */
    void start() {
        Thread thread = new Thread(this::writeForever, "log");
        thread.setDaemon(true);
        thread.start();
    }

    /** Does nothing: a logger asks for it after each line. */
    @Override
    public void flush() {
        // every PERIOD_NANOS
    }

    /** Writes what has arrived so far. */
    void writeOut() {
        super.flush();
    }

    private void writeForever() {
        while (!Thread.interrupted()) {
            LockSupport.parkNanos(PERIOD_NANOS);
            try {
                writeOut();
            } catch (Throwable outOfMemory) {
                // written the next time; the thread must go on
            }
        }
    }
}
