package dev.gufo.server.cli;

import dev.gufo.server.batches.BatchFile;
import java.io.PrintStream;
import java.util.Locale;

/** How many lines of a file are answered. Any thread. */
final class LineProgress implements BatchFile.Progress, AutoCloseable {
    private final ProgressLine line;
    private int before = -1; // lines that were done when it began

    LineProgress(PrintStream out, boolean terminal) {
        line = new ProgressLine(out, terminal);
    }

    @Override
    public synchronized void at(int done, int failed, int total) {
        if (before < 0) {
            before = done;
            line.begin();
        }
        double part = (double) done / total;
        if (line.isDue(part)) {
            double speed = (done - before) / line.seconds();
            line.draw(
                    part,
                    String.format(
                            Locale.ROOT,
                            "%,d of %,d lines%s",
                            done,
                            total,
                            failed == 0 ? "" : ", %,d failed".formatted(failed)),
                    String.format(Locale.ROOT, "%.1f", speed),
                    speed > 0 ? (total - done) / speed : -1);
        }
    }

    @Override
    public synchronized void close() {
        line.end();
    }
}
