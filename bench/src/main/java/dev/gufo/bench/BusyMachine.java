package dev.gufo.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** Whether other programs work while the servers that are measured have nothing to do. One thread. */
final class BusyMachine {
    private static final Duration LOOK = Duration.ofMillis(500);

    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private double most;

    /** Watches for half a second in which nothing is asked of anyone. */
    void look() throws InterruptedException {
        double before = system.getCpuLoad(); // each call tells of the time since the one before
        Thread.sleep(LOOK);
        double load = system.getCpuLoad();
        most = Math.max(most, Double.isNaN(before) || load < 0 ? 0 : load);
    }

    /** The most that was seen of the processors' time, 0 to 1. */
    double most() {
        return most;
    }
}
