package dev.gufo.server.cli;

import java.io.PrintStream;
import java.util.Locale;

/**
 * How far something is: a line that is written over on a terminal, a line for every tenth elsewhere. Belongs to one
 * thread at a time.
 */
final class ProgressLine {
    private static final long REDRAW_NANOS = 200_000_000;
    private static final int WIDTH = 24;

    private final PrintStream out;
    private final boolean terminal;
    private long startNanos;
    private long drawnNanos;
    private int drawnTenth;
    private boolean open;

    ProgressLine(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Begins with something new, on a line of its own. */
    void begin() {
        end();
        startNanos = System.nanoTime();
        drawnNanos = startNanos - REDRAW_NANOS;
        drawnTenth = -1;
    }

    /** Seconds since it began, more than 0. */
    double seconds() {
        return Math.max(1e-3, (System.nanoTime() - startNanos) / 1e9);
    }

    /**
     * Whether it is to be drawn now.
     *
     * @param part what is done of all, 0 to 1
     */
    boolean isDue(double part) {
        long now = System.nanoTime();
        int tenth = (int) (10 * part);
        boolean due = terminal ? now - drawnNanos >= REDRAW_NANOS || part >= 1 : tenth > drawnTenth;
        if (due) {
            drawnNanos = now;
            drawnTenth = tenth;
        }
        return due;
    }

    /**
     * Draws it.
     *
     * @param part what is done of all, 0 to 1
     * @param line what is done, in words
     * @param speed in words; on a terminal only, as the next
     * @param secondsLeft less than 0 if nobody knows
     */
    void draw(double part, String line, String speed, double secondsLeft) {
        if (!terminal) {
            out.println(line);
            return;
        }
        int full = (int) (WIDTH * part);
        out.print("\r\u001b[K[%s%s] %s  %s/s  %s"
                .formatted(
                        "#".repeat(full),
                        " ".repeat(WIDTH - full),
                        line,
                        speed,
                        secondsLeft < 0 ? "" : time((long) secondsLeft)));
        out.flush();
        open = true;
    }

    private static String time(long seconds) {
        return seconds >= 3_600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3_600, seconds / 60 % 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    /** Ends the line that is being written over, if there is one. */
    void end() {
        if (open) {
            out.println();
            open = false;
        }
    }
}
