package io.github.smtpproxy.internal.transport.linux;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory outside the heap that the kernel reads and writes too. After {@link #unmap} it must not be touched. */
public final class SharedMemory {

    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle SHORT =
            MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.nativeOrder());

    private final long address;
    private final long length;
    private final ByteBuffer octets;

    private SharedMemory(long address, long length) {
        this.address = address;
        this.length = length;
        this.octets = Libc.memory(address, length);
    }

    /** New memory, zeroed. */
    public static SharedMemory allocate(long length) throws IOException {
        return map(length, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
    }

    /** The kernel's memory behind a file descriptor. */
    public static SharedMemory map(int fd, long offset, long length) throws IOException {
        return map(length, Libc.MAP_SHARED, fd, offset);
    }

    private static SharedMemory map(long length, int flags, int fd, long offset) throws IOException {
        long address = Libc.mmap(length, Libc.PROT_READ | Libc.PROT_WRITE, flags, fd, offset);
        if (address == -1) {
            throw new IOException("the kernel maps no memory of " + length + " octets");
        }
        try {
            return new SharedMemory(address, length);
        } catch (RuntimeException | Error e) {
            Libc.munmap(address, length);
            throw e;
        }
    }

    public long address() {
        return address;
    }

    public ByteBuffer octets() {
        return octets;
    }

    public int getAcquire(int at) {
        return (int) INT.getAcquire(octets, at);
    }

    /** Writes so that the kernel sees it before anything that this thread does afterwards. */
    public void setVolatile(int at, int value) {
        INT.setVolatile(octets, at, value);
    }

    public void setRelease(int at, int value) {
        INT.setRelease(octets, at, value);
    }

    public void setRelease(int at, short value) {
        SHORT.setRelease(octets, at, value);
    }

    public void unmap() {
        Libc.munmap(address, length);
    }
}
