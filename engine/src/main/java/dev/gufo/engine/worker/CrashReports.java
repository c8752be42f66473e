package dev.gufo.engine.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the JVM of a worker writes when native code crashes: parts of its memory are in it. Any thread, and any number
 * of servers.
 */
final class CrashReports {
    private static final Logger LOG = LoggerFactory.getLogger(CrashReports.class);
    private static final int KEPT = 5;

    private CrashReports() {}

    /** The JVM's option that has them written into a folder. */
    static String option(Path folder) {
        return "-XX:ErrorFile=" + folder.toAbsolutePath().resolve("worker-crash-%p.log");
    }

    /** Keeps the last {@value #KEPT}, for their owner's eyes only. */
    static void tidy(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> reports = files.filter(
                            file -> file.getFileName().toString().matches("worker-crash-\\d+\\.log")
                                    && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .sorted(Comparator.comparing(CrashReports::written).reversed())
                    .toList();
            for (int i = 0; i < reports.size(); i++) {
                if (i >= KEPT) {
                    Files.deleteIfExists(reports.get(i));
                } else if (Files.getFileStore(reports.get(i)).supportsFileAttributeView("posix")) {
                    Files.setPosixFilePermissions(reports.get(i), PosixFilePermissions.fromString("rw-------"));
                }
            }
        } catch (IOException e) {
            LOG.debug("crash reports in {} stay as they are", folder, e);
        }
    }

    private static FileTime written(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0); // another server has removed it
        }
    }
}
