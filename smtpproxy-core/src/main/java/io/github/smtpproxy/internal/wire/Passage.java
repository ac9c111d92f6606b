package io.github.smtpproxy.internal.wire;

import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Octets that pass between two wires unread, both ways. Each way has a thread: the session's, which {@link #run} keeps until
 * both ways have ended, and another. Where one side ends its output, so does the other side's; where one fails, or nothing
 * has passed either way for too long, both are closed: two seconds once the destination has ended. What had been received and not consumed passes first.
 *
 * <p>The two threads share the deadlines, which any octet that passes moves on for both wires: a side may be silent for long
 * while it takes a message. Beside that each thread has one buffer and one stream of each wire for itself.
 */
public final class Passage {

    /** A destination that has ended its output has mostly closed, and the client has nothing to send to it any more. */
    private static final Duration AFTER_THE_END = Duration.ofSeconds(2);

    /** What comes from the client passes here. Called on the thread of {@link #run}. */
    public interface Gate {

        /**
         * Waits until some of so many octets may go on.
         *
         * @param waited called after each wait
         * @return how many of them; at least 1
         */
        int pass(int octets, Runnable waited);
    }

    private static final Gate OPEN = (octets, waited) -> octets;

    private final Wire client;
    private final Gate gate;
    private final Wire destination;
    private final Duration idle;
    private final long end;
    private final CountDownLatch forth = new CountDownLatch(1);
    private final CountDownLatch back = new CountDownLatch(1);
    private final AtomicLong fromClient = new AtomicLong();
    private final AtomicLong fromDestination = new AtomicLong();

    /**
     * @param gate where what comes from the client may be held
     * @param idle ends it when nothing has passed for so long
     * @param whole ends it whatever passes
     */
    public Passage(Wire client, Wire destination, Gate gate, Duration idle, Duration whole) {
        this.client = client;
        this.gate = gate;
        this.destination = destination;
        this.idle = idle;
        this.end = System.nanoTime() + whole.toNanos();
    }

    /** How many octets came from the client. */
    public long fromClient() {
        return fromClient.get();
    }

    /** How many octets came from the destination. */
    public long fromDestination() {
        return fromDestination.get();
    }

    /** Copies until both ways have ended, and closes both wires. The session's thread. */
    public void run(Executor threads) {
        try {
            postpone();
            threads.execute(this::goBack);
            copy(client, destination, gate, fromClient);
            forth.countDown();
            back.await();
        } catch (RejectedExecutionException closing) {
            // the proxy is being closed
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        } finally {
            closeBoth();
        }
    }

    private void goBack() {
        try {
            copy(destination, client, OPEN, fromDestination);
            if (!forth.await(AFTER_THE_END.toMillis(), TimeUnit.MILLISECONDS)) {
                closeBoth();
            }
        } catch (InterruptedException stopping) {
            closeBoth();
            Thread.currentThread().interrupt();
        } finally {
            back.countDown();
        }
    }

    private void copy(Wire from, Wire to, Gate through, AtomicLong count) {
        boolean ended = false;
        try {
            while (!ended) {
                ended = !copyBlock(from, to, through, count);
            }
            to.socket.shutdownOutput();
        } catch (IOException gone) {
            ended = false;
        } finally {
            if (!ended) {
                closeBoth();
            }
        }
    }

    /** Whether there may be more. */
    private boolean copyBlock(Wire from, Wire to, Gate through, AtomicLong count) throws IOException {
        ReadBuffer buffer = from.buffer;
        while (buffer.size() > 0) {
            int portion = through.pass(buffer.size(), this::postpone);
            to.socket.out().write(buffer.octets(), buffer.position(), portion);
            count.addAndGet(portion);
            buffer.consume(buffer.position() + portion);
        }
        postpone();
        try {
            buffer.fillBlock(from.socket.in());
            postpone();
            return true;
        } catch (EOFException closed) {
            return false;
        }
    }

    private void postpone() {
        long left = Math.max(1, end - System.nanoTime());
        Duration wait = Duration.ofNanos(Math.min(left, idle.toNanos()));
        client.deadline.arm(wait);
        destination.deadline.arm(wait);
    }

    private void closeBoth() {
        client.close();
        destination.close();
    }
}
