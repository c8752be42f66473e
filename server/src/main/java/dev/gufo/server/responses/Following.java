package dev.gufo.server.responses;

import dev.gufo.server.http.ClientConnection;
import dev.gufo.server.http.EventStream;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.responses.JobTable.Bundle;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * Sends the events of a response in the background, those that are there and those that come. They are read from the
 * database, so it does not matter which server makes them. Safe for any thread; each stream belongs to its request's.
 *
 * @param heartbeat after this much silence a comment is sent
 */
record Following(Background background, InFlight inFlight, Duration heartbeat) {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(250);
    private static final int BUNDLES_AT_ONCE = 64;

    /**
     * Sends what comes behind an event, to the end.
     *
     * @param after number of that event; -1 for all
     * @throws IOException if the client has gone
     */
    void send(Context ctx, String id, long after) throws IOException, InterruptedException {
        try (InFlight.Entry _ = inFlight.enter()) {
            EventStream.begin(ctx);
            OutputStream out = ctx.res().getOutputStream();
            var client = new ClientConnection(ctx.req());
            long last = after;
            long lastWritten = System.nanoTime();
            boolean over = false;
            while (!over && !client.isClosed()) {
                boolean unfinished = background.unfinished(id); // asked first: its end comes with its last events
                List<Bundle> bundles = background.events(id, last, BUNDLES_AT_ONCE);
                for (Bundle bundle : bundles) {
                    out.write(behind(bundle, last));
                    last = bundle.last();
                }
                over = !unfinished && bundles.isEmpty();
                if (over) {
                    out.write(ResponseWriter.DONE.getBytes(StandardCharsets.UTF_8));
                } else if (bundles.isEmpty() && System.nanoTime() - lastWritten >= heartbeat.toNanos()) {
                    out.write(": ping\n\n".getBytes(StandardCharsets.UTF_8));
                } else if (bundles.isEmpty()) {
                    if (inFlight.draining()) {
                        return; // the client attaches again when there is a server again
                    }
                    background.awaitWritten(LOOK_AGAIN);
                    continue;
                }
                out.flush();
                lastWritten = System.nanoTime();
            }
        }
    }

    /** The events of a bundle whose numbers are greater. */
    private static byte[] behind(Bundle bundle, long after) {
        int from = 0;
        for (long number = bundle.first(); number <= after; number++) {
            from = bundle.body().indexOf("\n\n", from) + 2;
        }
        return bundle.body().substring(from).getBytes(StandardCharsets.UTF_8);
    }
}
