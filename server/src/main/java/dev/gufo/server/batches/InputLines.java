package dev.gufo.server.batches;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * A file line by line, of which one is in memory at a time. A byte order mark at the beginning and carriage returns are
 * left out. Belongs to one thread.
 */
final class InputLines implements AutoCloseable {
    private static final int STEP_BYTES = 64 << 10;
    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final InputStream in;
    private final long mostBytes;
    private final byte[] step = new byte[STEP_BYTES];
    private int from;
    private int to;
    private long read; // bytes of the file
    private int number;

    /**
     * A line.
     *
     * @param number from 1
     * @param offset where these bytes begin in the file
     * @param bytes without its end
     * @param tooLong whether it has more bytes than a line may have; then those it has are not all
     */
    record Line(int number, long offset, byte[] bytes, boolean tooLong) {
        boolean isBlank() {
            for (byte each : bytes) {
                if (each != ' ' && each != '\t') {
                    return false;
                }
            }
            return true;
        }
    }

    /** @param in closed with these */
    InputLines(InputStream in, long mostBytes) {
        this.in = in;
        this.mostBytes = mostBytes;
    }

    /** The next line; empty at the end. */
    Optional<Line> next() throws IOException {
        if (from == to && !fill()) {
            return Optional.empty();
        }
        number++;
        long begin = read - (to - from);
        var line = new ByteArrayOutputStream();
        boolean tooLong = false;
        boolean ended = false;
        do {
            int end = from;
            while (end < to && step[end] != '\n') {
                end++;
            }
            tooLong |= line.size() + (long) (end - from) > mostBytes;
            if (!tooLong) {
                line.write(step, from, end - from);
            }
            ended = end < to;
            from = ended ? end + 1 : to;
        } while (!ended && fill());
        byte[] whole = line.toByteArray();
        int mark = number == 1 && startsWithMark(whole) ? MARK.length : 0;
        return Optional.of(new Line(number, begin + mark, plain(whole, mark), tooLong));
    }

    private boolean fill() throws IOException {
        from = 0;
        to = Math.max(0, in.read(step));
        read += to;
        return to > 0;
    }

    private static byte[] plain(byte[] line, int begin) {
        int end = line.length > begin && line[line.length - 1] == '\r' ? line.length - 1 : line.length;
        return begin == 0 && end == line.length ? line : Arrays.copyOfRange(line, begin, end);
    }

    private static boolean startsWithMark(byte[] line) {
        return line.length >= MARK.length && line[0] == MARK[0] && line[1] == MARK[1] && line[2] == MARK[2];
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
