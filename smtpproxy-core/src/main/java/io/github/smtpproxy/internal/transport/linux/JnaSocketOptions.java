package io.github.smtpproxy.internal.transport.linux;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import java.nio.channels.Channel;
import java.util.Optional;

/** By JNA, for JDKs before 22. Without that library it fails with a linkage error. */
final class JnaSocketOptions implements SocketOptions {

    private static final String C_LIBRARY = "c";

    private final Function setsockopt = NativeLibrary.getInstance(C_LIBRARY).getFunction("setsockopt");
    private final Function getsockopt = NativeLibrary.getInstance(C_LIBRARY).getFunction("getsockopt");

    @Override
    public boolean set(Channel channel, int level, int option, int value) {
        Object[] arguments = {Descriptors.of(channel), level, option, new IntByReference(value), Integer.BYTES};
        return setsockopt.invokeInt(arguments) == 0;
    }

    @Override
    public Optional<byte[]> get(Channel channel, int level, int option, int maxLength) {
        Memory value = new Memory(maxLength);
        IntByReference length = new IntByReference(maxLength);
        Object[] arguments = {Descriptors.of(channel), level, option, value, length};
        return getsockopt.invokeInt(arguments) == 0
                ? Optional.of(value.getByteArray(0, length.getValue()))
                : Optional.empty();
    }
}
