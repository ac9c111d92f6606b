package io.github.smtpproxy.testing;

import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.awaitility.Awaitility;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** What holds for all tests of a JVM: waits are long enough for a busy machine, and its end names what was skipped. */
public final class WholeRun implements LauncherSessionListener {

    private final Map<String, Set<String>> skipped = new ConcurrentHashMap<>();

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
        session.getLauncher().registerTestExecutionListeners(new TestExecutionListener() {
            @Override
            public void executionSkipped(TestIdentifier test, String reason) {
                add(test, reason);
            }

            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() == Status.ABORTED) {
                    add(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
                }
            }
        });
    }

    private void add(TestIdentifier test, String reason) {
        String why = reason.replaceFirst("^Assumption failed: ", "").replaceFirst("\\R.*", "");
        skipped.computeIfAbsent(why, w -> new ConcurrentSkipListSet<>()).add(name(test));
    }

    private static String name(TestIdentifier test) {
        return test.getSource()
                .map(source -> source instanceof MethodSource method
                        ? simple(method.getClassName()) + "." + method.getMethodName()
                        : source instanceof ClassSource type ? simple(type.getClassName()) : test.getDisplayName())
                .orElse(test.getDisplayName());
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        skipped.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
                .forEach(e -> System.out.println("skipped, " + e.getKey() + ": " + String.join(", ", e.getValue())));
    }
}
