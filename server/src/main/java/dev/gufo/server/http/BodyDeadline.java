package dev.gufo.server.http;

import dev.gufo.server.error.SlowBody;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Fails the reading of a body that takes too long as a whole, whoever reads it and however regularly its bytes come.
 * Looks at the time when bytes come; that some come is the idle timeout's business.
 */
public final class BodyDeadline extends Handler.Wrapper {
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

        Limited(Request request, Duration deadline) {
            super(request);
            this.deadline = deadline;
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
