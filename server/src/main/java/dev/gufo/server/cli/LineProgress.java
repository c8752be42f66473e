package dev.gufo.server.cli;

import dev.gufo.server.batches.BatchFile;
import java.io.PrintStream;
import java.util.Locale;

/**
 * How many lines of a file are answered: a line that is written over on a terminal, a line for every tenth elsewhere.
 * Any thread.
 */
final class LineProgress implements BatchFile.Progress, AutoCloseable {
    private static final long REDRAW_NANOS = 200_000_000;
    private static final int WIDTH = 24;

    private final PrintStream out;
    private final boolean terminal;
    private int before = -1; // lines that were done when it began
    private long startNanos;
    private long drawnNanos;
    private int drawnTenth = -1;
    private boolean open;

    LineProgress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    @Override
    public synchronized void at(int done, int failed, int total) {
        long now = System.nanoTime();
        if (before < 0) {
            before = done;
            startNanos = now;
            drawnNanos = now - REDRAW_NANOS;
        }
        int tenth = (int) (10L * done / total);
        if (terminal ? now - drawnNanos >= REDRAW_NANOS || done == total : tenth > drawnTenth) {
            drawnNanos = now;
            drawnTenth = tenth;
            draw(done, failed, total, (now - startNanos) / 1e9);
        }
    }

    private void draw(int done, int failed, int total, double seconds) {
        String line = String.format(
                Locale.ROOT, "%,d of %,d lines%s", done, total, failed == 0 ? "" : ", %,d failed".formatted(failed));
        if (!terminal) {
            out.println(line);
            return;
        }
        int full = (int) ((long) WIDTH * done / total);
        double speed = (done - before) / Math.max(1e-3, seconds);
        String left = speed > 0 ? time((long) ((total - done) / speed)) : "";
        out.print(String.format(
                Locale.ROOT,
                "\r\u001b[K[%s%s] %s  %.1f/s  %s",
                "#".repeat(full),
                " ".repeat(WIDTH - full),
                line,
                speed,
                left));
        out.flush();
        open = true;
    }

    private static String time(long seconds) {
        return seconds >= 3_600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3_600, seconds / 60 % 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    @Override
    public synchronized void close() {
        if (open) {
            out.println();
            open = false;
        }
    }
}
