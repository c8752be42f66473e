package dev.gufo.server.cli;

import dev.gufo.store.pull.PullProgress;
import java.io.PrintStream;
import java.util.Locale;

/** How far a download is: a line that is written over on a terminal, a line for every tenth elsewhere. Any thread. */
final class ProgressBar implements PullProgress, AutoCloseable {
    private static final long REDRAW_NANOS = 200_000_000;
    private static final int WIDTH = 24;

    private final PrintStream out;
    private final boolean terminal;
    private String file = "";
    private long startBytes;
    private long startNanos;
    private long drawnNanos;
    private int drawnTenth;
    private boolean open;

    ProgressBar(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    @Override
    public synchronized void at(String name, long bytes, long total) {
        long now = System.nanoTime();
        if (!name.equals(file) || bytes < startBytes) {
            endLine();
            file = name;
            startBytes = bytes;
            startNanos = now;
            drawnNanos = now - REDRAW_NANOS;
            drawnTenth = -1;
        }
        int tenth = total > 0 ? (int) (10 * bytes / total) : 0;
        boolean whole = bytes == total;
        if (terminal ? now - drawnNanos >= REDRAW_NANOS || whole : tenth > drawnTenth) {
            drawnNanos = now;
            drawnTenth = tenth;
            draw(bytes, total, now);
        }
    }

    private void draw(long bytes, long total, long now) {
        double seconds = Math.max(1e-3, (now - startNanos) / 1e9);
        long speed = (long) ((bytes - startBytes) / seconds);
        String line = total < 0
                ? "%s  %s".formatted(file, ModelText.size(bytes))
                : String.format(
                        Locale.ROOT,
                        "%s  %3d %%  %s of %s",
                        file,
                        total == 0 ? 100 : 100 * bytes / total,
                        ModelText.size(bytes),
                        ModelText.size(total));
        if (!terminal) {
            out.println(line);
            return;
        }
        int full = total > 0 ? (int) (WIDTH * bytes / total) : 0;
        String bar = "[%s%s]".formatted("#".repeat(full), " ".repeat(WIDTH - full));
        String left = speed > 0 && total > 0 ? time((total - bytes) / speed) : "";
        out.print("\r\u001b[K%s %s  %s/s  %s".formatted(bar, line, ModelText.size(speed), left));
        out.flush();
        open = true;
    }

    private static String time(long seconds) {
        return seconds >= 3_600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3_600, seconds / 60 % 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    private void endLine() {
        if (open) {
            out.println();
            open = false;
        }
    }

    @Override
    public synchronized void close() {
        endLine();
    }
}
