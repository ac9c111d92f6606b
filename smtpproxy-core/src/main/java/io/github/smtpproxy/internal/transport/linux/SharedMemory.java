package io.github.smtpproxy.internal.transport.linux;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory outside the heap that the kernel reads and writes too. It must not be touched when it has been unmapped. */
public final class SharedMemory {

    private static final int PROT_READ_AND_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

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

    public static SharedMemory anonymous(long length) throws IOException {
        return mapped(length, MAP_PRIVATE_ANONYMOUS, -1, 0);
    }

    public static SharedMemory of(int fd, long offset, long length) throws IOException {
        return mapped(length, MAP_SHARED, fd, offset);
    }

    private static SharedMemory mapped(long length, int flags, int fd, long offset) throws IOException {
        long address = Libc.mmap(length, PROT_READ_AND_WRITE, flags, fd, offset);
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

    /** Seen by the kernel before anything that this thread does from now on. */
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
