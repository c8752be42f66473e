package dev.gufo.server.error;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;

/**
 * What a client is still sending when its request is refused. Without reading it the server would have to close the
 * connection, and the client would meet a reset instead of the answer, or find its pooled connection dead at the next
 * request.
 */
final class UnreadBody {
    private static final int STEP_BYTES = 8 << 10;

    private final long maxBytes;

    /** @param maxBytes how much is read and thrown away before the connection is given up */
    UnreadBody(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Takes in the rest of the body, or announces that the connection closes: after too much of it, where it can't be
     * read, and where the client waits for a sign before it sends ({@code Expect: 100-continue}, RFC 9110 section
     * 10.1.1). Blocks while the client sends.
     */
    void takeIn(HttpServletRequest request, HttpServletResponse response) {
        if (!tookIn(request)) {
            response.setHeader("Connection", "close");
        }
    }

    private boolean tookIn(HttpServletRequest request) {
        if (request.getHeader("Expect") != null) {
            // Opening the body would ask the client for it.
            return false;
        }
        try {
            return readToEnd(request.getInputStream());
        } catch (IOException | RuntimeException unreadable) {
            return false;
        }
    }

    private boolean readToEnd(InputStream in) throws IOException {
        byte[] sink = new byte[STEP_BYTES];
        for (long taken = 0; taken <= maxBytes; ) {
            int read = in.read(sink);
            if (read < 0) {
                return true;
            }
            taken += read;
        }
        return false;
    }
}
