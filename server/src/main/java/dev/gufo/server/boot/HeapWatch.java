package dev.gufo.server.boot;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryNotificationInfo;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import javax.management.NotificationEmitter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the whole heap collected when the old generation has doubled since that was done last. Answers that run for some
 * seconds get there, and the serial collector would not look for what is left of them before the heap has its largest
 * size: a server that nobody leaks in would grow for hours. A collection takes some tens of milliseconds, with 20 MiB
 * in use; it is rare, as the heap then has room again.
 *
 * <p>What notifies is a thread of the JVM; the threshold is set there alone.
 *
 * @see <a
 *     href="https://docs.oracle.com/en/java/javase/25/docs/api/java.management/java/lang/management/MemoryPoolMXBean.html">usage
 *     thresholds</a>
 */
final class HeapWatch {
    private static final Logger LOG = LoggerFactory.getLogger(HeapWatch.class);
    private static final String OLD_GENERATION = "Tenured Gen"; // of the serial collector; others do it by themselves
    private static final long LEAST = 32L << 20;

    private HeapWatch() {}

    /** Begins, for as long as the process lives; does nothing with another collector. */
    static void start() {
        ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool ->
                        pool.getType() == MemoryType.HEAP && pool.getName().equals(OLD_GENERATION))
                .findFirst()
                .ifPresent(HeapWatch::watch);
    }

    private static void watch(MemoryPoolMXBean old) {
        var emitter = (NotificationEmitter) ManagementFactory.getMemoryMXBean();
        emitter.addNotificationListener(
                (notification, _) -> {
                    if (notification.getType().equals(MemoryNotificationInfo.MEMORY_THRESHOLD_EXCEEDED)) {
                        collect(old);
                    }
                },
                null,
                null);
        old.setUsageThreshold(LEAST);
    }

    private static void collect(MemoryPoolMXBean old) {
        long before = old.getUsage().getUsed();
        System.gc();
        long after = old.getUsage().getUsed();
        old.setUsageThreshold(
                Math.min(Math.max(LEAST, 2 * after), old.getUsage().getMax()));
        LOG.debug("collected the heap: {} KiB of {} are in use", after >> 10, before >> 10);
    }
}
