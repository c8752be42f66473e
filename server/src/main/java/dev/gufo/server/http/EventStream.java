package dev.gufo.server.http;

import io.javalin.http.Context;

/**
 * Answers that are streams of events.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">HTML, server-sent events</a>
 */
public final class EventStream {
    private EventStream() {}

    /** Sets the headers, if none are out yet. Once they are, what goes wrong is told as an event. */
    public static void begin(Context ctx) {
        if (!ctx.res().isCommitted()) {
            ctx.contentType("text/event-stream; charset=utf-8")
                    .header("Cache-Control", "no-cache")
                    .header("X-Accel-Buffering", "no");
        }
    }
}
