package dev.gufo.server.cli;

import dev.gufo.store.pull.PullProgress;
import java.io.PrintStream;
import java.util.Locale;

/** How far a download is. Any thread. */
final class ProgressBar implements PullProgress, AutoCloseable {
    private final ProgressLine line;
    private String file = "";
    private long startBytes;

    ProgressBar(PrintStream out, boolean terminal) {
        line = new ProgressLine(out, terminal);
    }

    @Override
    public synchronized void at(String name, long bytes, long total) {
        if (!name.equals(file) || bytes < startBytes) {
            file = name;
            startBytes = bytes;
            line.begin();
        }
        double part = total > 0 ? (double) bytes / total : bytes == total ? 1 : 0;
        if (line.isDue(part)) {
            long speed = (long) ((bytes - startBytes) / line.seconds());
            line.draw(
                    part,
                    total < 0
                            ? "%s  %s".formatted(file, ModelText.size(bytes))
                            : String.format(
                                    Locale.ROOT,
                                    "%s  %3d %%  %s of %s",
                                    file,
                                    total == 0 ? 100 : 100 * bytes / total,
                                    ModelText.size(bytes),
                                    ModelText.size(total)),
                    ModelText.size(speed),
                    speed > 0 && total > 0 ? (double) (total - bytes) / speed : -1);
        }
    }

    @Override
    public synchronized void close() {
        line.end();
    }
}
