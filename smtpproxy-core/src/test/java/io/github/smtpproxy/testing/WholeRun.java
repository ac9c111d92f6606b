package io.github.smtpproxy.testing;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
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

    private final Map<String, Map<String, Integer>> skipped = new ConcurrentSkipListMap<>();

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
        skipped.computeIfAbsent(why, w -> new ConcurrentSkipListMap<>()).merge(nameOfClass(test), 1, Integer::sum);
    }

    private static String nameOfClass(TestIdentifier test) {
        return test.getSource()
                .map(source -> source instanceof MethodSource method
                        ? method.getClassName()
                        : source instanceof ClassSource type ? type.getClassName() : test.getDisplayName())
                .map(name -> name.substring(name.lastIndexOf('.') + 1))
                .orElse(test.getDisplayName());
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        skipped.forEach((why, tests) -> System.out.println("skipped, " + why + ": "
                + tests.entrySet().stream()
                        .map(test -> test.getKey() + " (" + test.getValue() + ")")
                        .collect(Collectors.joining(", "))));
    }
}
