package io.github.smtpproxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.util.function.UnaryOperator;

/**
 * Runs code as on a class path without a library. It defines the proxy's classes and those of its tests anew and does not
 * find the library's; all others are those of the test itself.
 */
public final class WithoutLibrary extends ClassLoader {

    private static final String OURS = "io.github.smtpproxy.";

    private final String hidden;

    /** @param hidden the prefix of the names of the library's classes */
    public WithoutLibrary(String hidden) {
        super(WithoutLibrary.class.getClassLoader());
        this.hidden = hidden;
    }

    /** Applies an instance of this class, which has a constructor without parameters. */
    @SuppressWarnings("unchecked")
    public String apply(Class<? extends UnaryOperator<String>> type, String argument) {
        try {
            Constructor<?> constructor = loadClass(type.getName()).getDeclaredConstructor();
            constructor.setAccessible(true);
            return ((UnaryOperator<String>) constructor.newInstance()).apply(argument);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.startsWith(hidden)) {
            throw new ClassNotFoundException(name);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : name.startsWith(OURS) ? defined(name) : super.loadClass(name, resolve);
        }
    }

    private Class<?> defined(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] octets = in.readAllBytes();
            return defineClass(name, octets, 0, octets.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
