package dev.gufo.server.http;

import dev.gufo.server.error.SlowBody;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Fails the reading of a body that takes too long as a whole, whoever reads it and however regularly its bytes come.
 * Looks at the time when bytes come; that some come is the idle timeout's business. A form with a file, or a batch, may
 * be large: it earns more time with what comes.
 */
public final class BodyDeadline extends Handler.Wrapper {
    /** A file that comes at this speed or faster is never too slow. */
    private static final long FILE_BYTES_PER_SECOND = 64 << 10;

    private static final String BATCHES = "/v1/messages/batches";

    private final Duration deadline;

    public BodyDeadline(Duration deadline) {
        this.deadline = deadline;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        return super.handle(new Limited(request, deadline), response, callback);
    }

    private static final class Limited extends Request.Wrapper {
        private final Duration deadline;
        private long end; // in nanoTime, from the first read on
        private boolean reading;
        private final boolean file;

        Limited(Request request, Duration deadline) {
            super(request);
            this.deadline = deadline;
            String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
            this.file = Request.getPathInContext(request).equals(BATCHES)
                    || (type != null && type.toLowerCase(Locale.ROOT).startsWith("multipart/form-data"));
        }

        @Override
        public Content.Chunk read() {
            long now = System.nanoTime();
            if (!reading) {
                reading = true;
                end = now + deadline.toNanos();
            }
            Content.Chunk chunk = super.read();
            if (Content.Chunk.isFailure(chunk)) {
                return chunk.getFailure() instanceof TimeoutException idle
                        ? failure("nothing more of the body came: " + idle.getMessage())
                        : chunk;
            }
            if (file && chunk != null) {
                end += TimeUnit.SECONDS.toNanos(chunk.remaining()) / FILE_BYTES_PER_SECOND;
            }
            if (now - end < 0 || (chunk != null && chunk.isLast())) {
                return chunk;
            }
            if (chunk != null) {
                chunk.release();
            }
            return failure("the body took longer than " + deadline);
        }

        private static Content.Chunk failure(String message) {
            return Content.Chunk.from(new SlowBody(message), true);
        }
    }
}
