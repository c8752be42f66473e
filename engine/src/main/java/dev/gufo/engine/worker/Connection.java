package dev.gufo.engine.worker;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One end of the socket between a server and a worker, the same on both sides.
 *
 * <p>Any thread may {@link #post}, and never waits: what the socket does not take at once goes to a backlog, which the
 * thread inside {@link #run} drains. So neither the engine's step nor a request that cancels ever waits for the other
 * process. A peer that leaves more than {@code backlogLimit} bytes unread is taken for dead and the connection is
 * closed.
 *
 * <p>The channel does not block, which also keeps the interruption of a posting thread from closing it.
 */
final class Connection implements Closeable {
    /** A peer that has left this much unread does not read any more. */
    static final int BACKLOG_BYTES = 64 << 20;

    static final Duration TICK = Duration.ofMillis(250);

    private static final int READ_BYTES = 64 << 10;

    /** Writing in pieces keeps the JDK's per-thread copy of a heap buffer small. */
    private static final int WRITE_BYTES = 64 << 10;

    /**
     * Takes the frames that come in, in order, on the thread inside {@link #run}; whatever it throws ends the
     * connection.
     */
    @FunctionalInterface
    interface Receiver {
        void receive(Frame frame) throws IOException;
    }

    /** What is done now and then on the thread inside {@link #run}; whatever it throws ends the connection. */
    @FunctionalInterface
    interface Tick {
        void tick() throws IOException;
    }

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final int backlogLimit;

    // Frames, or rests of frames, in the order of their posting. If it is not empty, nobody writes but run(): frames
    // keep their order.
    private final Deque<ByteBuffer> backlog = new ArrayDeque<>();
    private long backlogBytes;
    private String overflow = "";
    private final ReentrantLock sending = new ReentrantLock();

    // What a read brings goes through a small native buffer into one that grows with a large frame: a large native one
    // would stay until the garbage collector runs, which in a worker may be never.
    private final ByteBuffer socket = ByteBuffer.allocateDirect(READ_BYTES);
    private ByteBuffer in = ByteBuffer.allocate(READ_BYTES);

    /** @param channel connected; closed with this */
    Connection(SocketChannel channel) throws IOException {
        this(channel, BACKLOG_BYTES);
    }

    Connection(SocketChannel channel, int backlogLimit) throws IOException {
        this.channel = channel;
        this.backlogLimit = backlogLimit;
        channel.configureBlocking(false);
        selector = Selector.open();
        key = channel.register(selector, SelectionKey.OP_READ);
    }

    /**
     * Sends a frame, now or as soon as the peer has read what is before it. After the end of the connection frames are
     * dropped.
     */
    void post(Frame frame) {
        ByteBuffer bytes = FrameCodec.encode(frame);
        if (bytes.remaining() - Integer.BYTES > FrameCodec.MAX_FRAME_BYTES) {
            throw new AssertionError("a frame of %d bytes: %s".formatted(bytes.remaining(), frame.getClass()));
        }
        sending.lock();
        try {
            if (backlog.isEmpty()) {
                write(bytes);
            }
            if (bytes.hasRemaining()) {
                keep(bytes);
            }
        } catch (IOException e) {
            close(); // run() meets the end too and is the one that tells
        } finally {
            sending.unlock();
        }
    }

    /**
     * Sends a frame if nothing waits to be sent; drops it otherwise, so that a peer that does not read costs no memory.
     */
    void offer(Frame frame) {
        sending.lock();
        try {
            if (backlog.isEmpty()) {
                post(frame);
            }
        } finally {
            sending.unlock();
        }
    }

    /** {@link #run(Receiver, Tick)} for those who have nothing to do now and then. */
    void run(Receiver receiver) throws IOException {
        run(receiver, () -> {});
    }

    /**
     * Receives frames until the connection ends.
     *
     * @param tick called on this thread about every {@link #TICK}
     * @throws BrokenFrame if the peer sent something else than frames
     * @throws IOException if the connection broke, the peer does not read, or the receiver or the tick threw
     */
    void run(Receiver receiver, Tick tick) throws IOException {
        try (this) {
            long lastTick = System.nanoTime();
            do {
                drain();
                selector.select(TICK.toMillis());
                selector.selectedKeys().clear();
                if (System.nanoTime() - lastTick >= TICK.toNanos()) {
                    lastTick = System.nanoTime();
                    tick.tick();
                }
            } while (read(receiver));
        } catch (ClosedChannelException | CancelledKeyException e) {
            // closed by another thread: an end like any other
        } finally {
            selector.close();
        }
        sending.lock();
        try {
            if (!overflow.isEmpty()) {
                throw new IOException(overflow);
            }
        } finally {
            sending.unlock();
        }
    }

    /** Ends the connection; {@link #run} returns. Any thread, idempotent. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // nothing is left to be done with it
        }
        selector.wakeup();
    }

    /**
     * Takes what is there, once, so that a peer that sends without end does not keep the backlog from being drained.
     */
    private boolean read(Receiver receiver) throws IOException {
        int count = channel.read(socket.clear());
        if (count > 0) {
            makeRoom(count);
            in.put(socket.flip()).flip();
            receiveWhole(receiver);
            in.compact();
            giveBack();
        }
        return count >= 0;
    }

    private void receiveWhole(Receiver receiver) throws IOException {
        int end = in.limit();
        while (in.remaining() >= Integer.BYTES) {
            int length = in.getInt(in.position());
            if (length < 1 || length > FrameCodec.MAX_FRAME_BYTES) {
                throw new BrokenFrame("a frame of %d bytes".formatted(length));
            }
            if (in.remaining() - Integer.BYTES < length) {
                return;
            }
            in.position(in.position() + Integer.BYTES);
            in.limit(in.position() + length);
            Frame frame = FrameCodec.decode(in);
            in.limit(end);
            receiver.receive(frame);
        }
    }

    /**
     * Grows by what has arrived, not by what a length announces, and not beyond what the first frame and a read may
     * need.
     */
    private void makeRoom(int needed) {
        if (in.remaining() < needed) {
            int most = FrameCodec.MAX_FRAME_BYTES + Integer.BYTES + READ_BYTES;
            int capacity = Math.max(in.position() + needed, Math.min(2 * in.capacity(), most));
            in = ByteBuffer.allocate(capacity).put(in.flip());
        }
    }

    /** The room of a large frame is not kept. */
    private void giveBack() {
        if (in.capacity() > READ_BYTES && in.position() <= READ_BYTES) {
            in = ByteBuffer.allocate(READ_BYTES).put(in.flip());
        }
    }

    private void keep(ByteBuffer bytes) {
        if (backlogBytes > backlogLimit) {
            overflow = "the other process has left %d bytes unread".formatted(backlogBytes);
            close();
            return;
        }
        backlog.add(bytes);
        backlogBytes += bytes.remaining();
        if (backlog.size() == 1) {
            selector.wakeup(); // so that run() asks to be told when the socket takes more
        }
    }

    private void drain() throws IOException {
        sending.lock();
        try {
            while (!backlog.isEmpty()) {
                ByteBuffer first = backlog.element();
                backlogBytes -= write(first);
                if (first.hasRemaining()) {
                    break;
                }
                backlog.remove();
            }
            key.interestOps(backlog.isEmpty() ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        } finally {
            sending.unlock();
        }
    }

    private int write(ByteBuffer bytes) throws IOException {
        int start = bytes.position();
        int end = bytes.limit();
        try {
            do {
                bytes.limit(Math.min(end, bytes.position() + WRITE_BYTES));
                channel.write(bytes);
            } while (!bytes.hasRemaining() && bytes.limit() < end);
        } finally {
            bytes.limit(end);
        }
        return bytes.position() - start;
    }
}
