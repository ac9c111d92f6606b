package io.github.smtpproxy.examples;

import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A host and a port as given.
 *
 * @param host a name or an address, without brackets
 * @param port 0 to 65535
 */
record HostPort(String host, int port) {

    private static final Pattern FORM = Pattern.compile("(?:\\[([^\\]\\s]+)\\]|([^:\\s]+)):(\\d{1,5})");

    /** As it is written, with another port. */
    String on(int realPort) {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + realPort;
    }

    /**
     * Its address.
     *
     * @throws IllegalArgumentException if there is none
     */
    InetSocketAddress resolved() {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("there is no address of " + host);
        }
        return address;
    }

    /**
     * This.
     *
     * @throws IllegalArgumentException if its host has no address
     */
    HostPort resolvable() {
        resolved();
        return this;
    }

    @Override
    public String toString() {
        return on(port);
    }

    static final class Converter implements ITypeConverter<HostPort> {
        @Override
        public HostPort convert(String value) {
            Matcher m = FORM.matcher(value);
            if (!m.matches() || Integer.parseInt(m.group(3)) > 65535) {
                throw new TypeConversionException("must be HOST:PORT, was '" + value + "'");
            }
            return new HostPort(m.group(1) == null ? m.group(2) : m.group(1), Integer.parseInt(m.group(3)));
        }
    }
}
