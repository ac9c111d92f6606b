package io.github.smtpproxy.examples;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * Signals of the system. The JDK has them in {@code sun.misc.Signal}, which its module jdk.unsupported keeps for programs
 * like this one; without a handler a JVM that is told to end exits with 143, whatever it did.
 */
final class Signals {

    private Signals() {}

    /**
     * Runs a task on a thread of its own whenever the signal comes.
     *
     * @param name without SIG
     * @return false where there is no such signal, or this JVM does not give it to programs
     */
    static boolean handle(String name, Runnable task) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (self, method, args) -> {
                        if (method.getName().equals("handle")) {
                            task.run();
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
            return true;
        } catch (InvocationTargetException notHere) {
            return false;
        } catch (ReflectiveOperationException otherJvm) {
            return false;
        }
    }
}
