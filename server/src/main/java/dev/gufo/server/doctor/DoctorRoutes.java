package dev.gufo.server.doctor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /admin/doctor}: versions, and what was found of libraries and devices. That takes seconds, so no request waits
 * for it: one that asks first begins it, and the findings stay until someone wants them anew. Any thread.
 */
public final class DoctorRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(DoctorRoutes.class);

    /** Written by the build from the POM; shared with the command line's version command. */
    private static final String VERSIONS = "/dev/gufo/server/cli/versions.properties";

    /** Looks at libraries and devices. */
    @FunctionalInterface
    public interface Examination {
        /** Takes seconds. What was found, as {@code gufo doctor --json} prints it. */
        ObjectNode examine() throws InterruptedException;
    }

    /**
     * How the last examination ended.
     *
     * @param findings empty if it failed
     */
    private record Ended(Instant time, Optional<ObjectNode> findings) {}

    private final Optional<Examination> examination;
    private final InstantSource clock;
    private final Properties versions = versions();

    // Behind this object's monitor.
    private boolean running;
    private Optional<Ended> last = Optional.empty();

    /** @param examination empty for a server that computes with other libraries than the doctor knows */
    public DoctorRoutes(Optional<Examination> examination, InstantSource clock) {
        this.examination = examination;
        this.clock = clock;
    }

    private static Properties versions() {
        var versions = new Properties();
        try (InputStream in = DoctorRoutes.class.getResourceAsStream(VERSIONS)) {
            versions.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return versions;
    }

    /** {@code GET /admin/doctor}: what was found last; the first request has it looked for. */
    public void findings(Context ctx) {
        answer(ctx, told(false));
    }

    /** {@code POST /admin/doctor}: has it looked for anew, and answers with 202. */
    public void examine(Context ctx) {
        answer(ctx.status(202), told(true));
    }

    private static void answer(Context ctx, ObjectNode told) {
        ctx.header("Cache-Control", "no-store").contentType("application/json").result(told.toString());
    }

    private synchronized ObjectNode told(boolean anew) {
        if (examination.isPresent() && !running && (anew || last.isEmpty())) {
            running = true;
            Examination wanted = examination.get();
            Thread.ofPlatform().daemon().name("doctor").start(() -> run(wanted));
        }
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("object", "doctor")
                .put("version", versions.getProperty("gufo"))
                .put("llama_cpp", versions.getProperty("llama.cpp"))
                .put("examining", running);
        last.ifPresent(ended -> {
            json.put("examined_at", ended.time().getEpochSecond());
            ended.findings()
                    .ifPresentOrElse(
                            found -> json.set("findings", found),
                            () -> json.put("problem", "The examination failed; the server's log says why."));
        });
        return json;
    }

    private void run(Examination wanted) {
        Optional<ObjectNode> found = Optional.empty();
        try {
            found = Optional.of(wanted.examine());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            LOG.warn("libraries and devices could not be looked at", e);
        } finally {
            end(found);
        }
    }

    private synchronized void end(Optional<ObjectNode> found) {
        running = false;
        last = Optional.of(new Ended(clock.instant(), found));
    }
}
