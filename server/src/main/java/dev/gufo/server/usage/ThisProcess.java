package dev.gufo.server.usage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * A process as another one on the same machine can recognise it: process ids are used again, but not with the same
 * start.
 *
 * @param host names a boot of a machine and a namespace of process ids in it
 * @param pid its id there
 * @param started when it started, in milliseconds since 1970; 0 if the system does not tell
 */
record ThisProcess(String host, long pid, long started) {
    /** Linux counts a process's start from its boot, whose time moves when the clock is set. */
    private static final long CLOCK_STEP_MS = 10_000;

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Path PID_NAMESPACE = Path.of("/proc/self/ns/pid");

    /** The process that asks. */
    static ThisProcess get() {
        ProcessHandle self = ProcessHandle.current();
        return new ThisProcess(thisHost(), self.pid(), started(self));
    }

    /** Whether a process that is on this host according to {@code host} is gone for certain. */
    boolean isDead(String otherHost, long otherPid, long otherStarted) {
        if (!host.equals(otherHost)) {
            return false; // nothing is known from here
        }
        return ProcessHandle.of(otherPid)
                .map(process -> Math.abs(started(process) - otherStarted) > CLOCK_STEP_MS)
                .orElse(true);
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static String thisHost() {
        try {
            return Files.readString(BOOT_ID).strip() + " " + Files.readSymbolicLink(PID_NAMESPACE);
        } catch (IOException noLinux) {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException nameless) {
                return "";
            }
        }
    }
}
