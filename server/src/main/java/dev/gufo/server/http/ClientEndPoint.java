package dev.gufo.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A client's socket, which can also be asked whether the client is still there while it is not read from. No file
 * descriptor is needed for that, so that a server that has none left does not take its clients for gone.
 *
 * <p>A client that has ended its side may be waiting for its answer all the same (a half-closed connection) or be gone
 * for good; TCP shows both alike until something is sent: a system whose program is gone answers with a reset. Every
 * answer begins with {@link #BEGINNING}, so one character of that after the other is sent ahead of the answer and left
 * out of it later. They are few, so the time between two doubles: at the first look that finds the client's side ended,
 * and the 2nd, 4th, 8th and so on up to the 256th. A client that leaves in between is noticed at the next of them, one
 * that leaves later when its answer is written.
 *
 * <p>What is kept here is guarded by this object's lock: the request's thread asks, and the web server reads before and
 * after it.
 */
public final class ClientEndPoint extends SocketChannelEndPoint {
    /** What every answer of HTTP/1 begins with, whatever its status. */
    private static final byte[] BEGINNING = "HTTP/1.1 ".getBytes(StandardCharsets.US_ASCII);

    private static final int NOTHING = -1;

    private int kept = NOTHING; // a byte of the next request, met while looking
    private int ahead; // characters of the next answer that have been sent
    private int looks; // at a client that has ended its side, since its last answer

    public ClientEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
        super(channel, selector, key, scheduler);
    }

    /**
     * Whether the client is known to be gone. Never blocks. Only between the end of a request and the end of its
     * answer.
     *
     * @param answerBegun whether anything of the answer has been written
     */
    synchronized boolean isGone(boolean answerBegun) {
        if (!isOpen()) {
            return true;
        }
        try {
            if (!hasEnded()) {
                return false;
            }
            looks++;
            if (!answerBegun && ahead < BEGINNING.length && Integer.bitCount(looks) == 1) {
                ahead += getChannel().write(ByteBuffer.wrap(BEGINNING, ahead, 1));
            }
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    /** Whether the client has ended its side. */
    private boolean hasEnded() throws IOException {
        if (kept != NOTHING) {
            return false; // it has sent the beginning of another request, and what follows is not looked at
        }
        var one = ByteBuffer.allocate(1);
        int read = getChannel().read(one);
        if (read > 0) {
            kept = one.get(0) & 0xFF;
        }
        return read < 0;
    }

    /**
     * Reads what was met before first. The rest of that request has come, or will, so whoever waits for bytes is told.
     */
    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        int given = giveBack(buffer);
        int filled = super.fill(buffer);
        return given == 0 ? filled : given + Math.max(0, filled);
    }

    private synchronized int giveBack(ByteBuffer buffer) {
        if (kept == NOTHING) {
            return 0;
        }
        BufferUtil.append(buffer, (byte) kept);
        kept = NOTHING;
        return 1;
    }

    @Override
    public boolean flush(ByteBuffer... buffers) throws IOException {
        leaveOutWhatWasSent(buffers);
        return super.flush(buffers);
    }

    private synchronized void leaveOutWhatWasSent(ByteBuffer... buffers) {
        looks = 0;
        for (ByteBuffer buffer : buffers) {
            for (; ahead > 0 && buffer.hasRemaining(); ahead--) {
                buffer.get();
            }
        }
    }
}
