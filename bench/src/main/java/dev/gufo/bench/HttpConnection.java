package dev.gufo.bench;

import dev.gufo.bench.Failure.Broken;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Locale;

/**
 * One kept-alive HTTP/1.1 connection that hands a response's body over in the pieces in which it was read.
 *
 * <p>It belongs to the thread that exchanges; only {@link #expire} and {@link #close} may come from another.
 */
final class HttpConnection implements AutoCloseable {
    private static final long NO_DEADLINE = Long.MAX_VALUE;
    private static final int MAX_HEAD_LINE = 16 * 1024;

    /** Receives a response while it arrives, on the thread that exchanges. */
    interface Receiver {
        /** The head is there. */
        void head(int status);

        /** A piece of the body; it may begin and end anywhere, and the array is used again after the call. */
        void body(byte[] bytes, int from, int to, long readNanos);
    }

    private final Target target;
    private final byte[] buffer = new byte[16 * 1024];
    private int position;
    private int limit;
    private long readNanos;

    private volatile Socket socket; // null: not connected
    private InputStream in;
    private int opened;
    private boolean keepAlive;

    private long deadlineNanos = NO_DEADLINE; // guarded by this
    private boolean expired; // guarded by this

    HttpConnection(Target target) {
        this.target = target;
    }

    /**
     * Sends a request and receives its response, over the connection of the previous exchange if the server kept it.
     *
     * @param request head and body
     * @param timeoutNanos from now to the end of the response
     * @throws ExchangeFailed if no complete response came; the next exchange connects anew
     */
    void exchange(byte[] request, long timeoutNanos, Receiver receiver) throws ExchangeFailed {
        begin(timeoutNanos);
        boolean complete = false;
        try {
            send(request);
            receive(receiver);
            complete = true;
        } catch (IOException e) {
            throw failed(Broken.CUT, e);
        } finally {
            end();
            if (!complete || !keepAlive) {
                close();
            }
        }
    }

    /** How often this connected. */
    int opened() {
        return opened;
    }

    /** Breaks the exchange off if its time is over; any thread. */
    synchronized void expire(long nowNanos) {
        if (deadlineNanos != NO_DEADLINE && nowNanos - deadlineNanos >= 0) {
            expired = true;
            close();
        }
    }

    @Override
    public void close() {
        Socket open = socket;
        socket = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // Closing is all that was left to do; whoever reads from it learns that it is closed.
            }
        }
    }

    private synchronized void begin(long timeoutNanos) {
        deadlineNanos = System.nanoTime() + timeoutNanos;
        expired = false;
    }

    private synchronized void end() {
        deadlineNanos = NO_DEADLINE;
    }

    private synchronized ExchangeFailed failed(Broken failure, IOException cause) {
        return new ExchangeFailed(expired ? Broken.TIMEOUT : failure, cause);
    }

    /** A server may close an idle connection at any time; a request that got no byte back over one is sent again, once. */
    private void send(byte[] request) throws ExchangeFailed {
        if (socket != null) {
            try {
                if (sendAndAwait(request)) {
                    return;
                }
            } catch (IOException e) {
                // As if it had closed in silence: a reset comes when the request crosses the server's close.
            }
            throwIfExpired();
            close();
        }
        try {
            Socket fresh = target.connect();
            in = fresh.getInputStream();
            socket = fresh;
            opened++;
        } catch (IOException e) {
            throw failed(Broken.CONNECT, e);
        }
        try {
            throwIfExpired();
            if (!sendAndAwait(request)) {
                throw failed(Broken.NO_RESPONSE, null);
            }
        } catch (IOException e) {
            throw failed(Broken.NO_RESPONSE, e);
        }
    }

    private synchronized void throwIfExpired() throws ExchangeFailed {
        if (expired) {
            throw new ExchangeFailed(Broken.TIMEOUT);
        }
    }

    /** Returns false if the server closed without a byte. */
    private boolean sendAndAwait(byte[] request) throws IOException {
        Socket open = socket;
        if (open == null) {
            return false; // expired meanwhile
        }
        open.getOutputStream().write(request);
        return fill();
    }

    private void receive(Receiver receiver) throws IOException, ExchangeFailed {
        long length = -1;
        boolean chunked = false;
        int status;
        do {
            String statusLine = line();
            if (!statusLine.matches("HTTP/1\\.[01] \\d{3}( .*)?")) {
                throw new ExchangeFailed(Broken.MALFORMED);
            }
            status = Integer.parseInt(statusLine, 9, 12, 10);
            keepAlive = statusLine.startsWith("HTTP/1.1");
            for (String header = line(); !header.isEmpty(); header = line()) {
                int colon = header.indexOf(':');
                String value = colon < 0 ? "" : header.substring(colon + 1).strip();
                switch (colon < 0 ? "" : header.substring(0, colon).toLowerCase(Locale.ROOT)) {
                    case "content-length" -> length = number(value);
                    case "transfer-encoding" -> chunked = value.equalsIgnoreCase("chunked");
                    case "connection" -> keepAlive = !value.equalsIgnoreCase("close");
                    default -> {}
                }
            }
        } while (status < 200); // 1xx: the response is still to come
        receiver.head(status);
        if (chunked) {
            receiveChunks(receiver);
        } else if (length >= 0) {
            pass(receiver, length);
        } else if (status != 204) {
            keepAlive = false;
            receiveAll(receiver);
        }
    }

    private void receiveChunks(Receiver receiver) throws IOException, ExchangeFailed {
        for (long size = chunkSize(); size > 0; size = chunkSize()) {
            pass(receiver, size);
            if (!line().isEmpty()) {
                throw new ExchangeFailed(Broken.MALFORMED);
            }
        }
        while (!line().isEmpty()) {
            // Trailers say nothing about a completion.
        }
    }

    private void pass(Receiver receiver, long length) throws IOException, ExchangeFailed {
        for (long left = length; left > 0; ) {
            if (position == limit && !fill()) {
                throw failed(Broken.CUT, null);
            }
            int piece = (int) Math.min(left, limit - position);
            receiver.body(buffer, position, position + piece, readNanos);
            position += piece;
            left -= piece;
        }
    }

    private void receiveAll(Receiver receiver) throws IOException {
        do {
            receiver.body(buffer, position, limit, readNanos);
            position = limit;
        } while (fill());
    }

    /** Every event has one; read without making a string of it. */
    private long chunkSize() throws IOException, ExchangeFailed {
        long size = 0;
        int digits = 0;
        int next = next();
        for (int digit = Character.digit(next, 16); digit >= 0; digit = Character.digit(next, 16)) {
            size = size << 4 | digit;
            if (++digits > 8) {
                throw new ExchangeFailed(Broken.MALFORMED);
            }
            next = next();
        }
        while (next != '\n') { // extensions
            next = next();
        }
        if (digits == 0) {
            throw new ExchangeFailed(Broken.MALFORMED);
        }
        return size;
    }

    private String line() throws IOException, ExchangeFailed {
        int next = next();
        if (next == '\r') {
            next = next();
        }
        if (next == '\n') {
            return "";
        }
        var line = new StringBuilder(64);
        for (; next != '\n'; next = next()) {
            line.append((char) next);
            if (line.length() > MAX_HEAD_LINE) {
                throw new ExchangeFailed(Broken.MALFORMED);
            }
        }
        return line.toString().strip();
    }

    private int next() throws IOException, ExchangeFailed {
        if (position == limit && !fill()) {
            throw failed(Broken.CUT, null);
        }
        return buffer[position++] & 0xff;
    }

    private static long number(String text) throws ExchangeFailed {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new ExchangeFailed(Broken.MALFORMED, e);
        }
    }

    /** Reads what is there, at least a byte; the one clock reading for all events that came with it. */
    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, in.read(buffer));
        readNanos = System.nanoTime();
        return limit > 0;
    }
}
