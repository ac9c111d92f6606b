package io.github.smtpproxy.internal.transport.linux;

import java.io.IOException;
import java.nio.channels.Channel;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** By {@link Libc}. The memory for a value is taken once: an option takes microseconds. */
final class ForeignSocketOptions implements SocketOptions {

    private static final int LENGTH_AT = 0;
    private static final int VALUE_AT = 8;
    private static final int MAX_VALUE = 56;

    private final ReentrantLock lock = new ReentrantLock();
    private final SharedMemory memory;

    ForeignSocketOptions() {
        try {
            memory = SharedMemory.allocate(VALUE_AT + MAX_VALUE);
        } catch (IOException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public boolean set(Channel channel, int level, int option, int value) {
        lock.lock();
        try {
            memory.octets().putInt(VALUE_AT, value);
            long at = memory.address() + VALUE_AT;
            return Libc.setsockopt(Descriptors.of(channel), level, option, at, Integer.BYTES) == 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<byte[]> get(Channel channel, int level, int option, int maxLength) {
        lock.lock();
        try {
            memory.octets().putInt(LENGTH_AT, Math.min(maxLength, MAX_VALUE));
            long at = memory.address() + VALUE_AT;
            if (Libc.getsockopt(Descriptors.of(channel), level, option, at, memory.address() + LENGTH_AT) != 0) {
                return Optional.empty();
            }
            byte[] value = new byte[memory.octets().getInt(LENGTH_AT)];
            memory.octets().get(VALUE_AT, value);
            return Optional.of(value);
        } finally {
            lock.unlock();
        }
    }
}
