package dev.gufo.server.boot;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.gufo.server.GufoServer;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.Storage;
import dev.gufo.server.models.ServedModels;
import io.javalin.Javalin;
import io.javalin.util.JavalinException;
import java.io.PrintStream;
import org.slf4j.LoggerFactory;

/**
 * A server's way from listening to its orderly end. The main thread walks it.
 *
 * @param settings how to listen
 * @param running the models, loading or loaded; closed by the caller
 * @param models under which names clients find them
 * @param storage what the server keeps; closed by the caller
 * @param stop when to end
 * @param out progress and announcement
 * @param err what is worth a word when it ends
 */
public record Serving(
        ServerSettings settings,
        RunningModels running,
        ServedModels models,
        Storage storage,
        StopSignal stop,
        PrintStream out,
        PrintStream err) {
    /**
     * Serves until someone asks to stop, then lets running requests end.
     *
     * @throws StartFailed if the port can't be had or a model can't be loaded
     */
    public void run() throws InterruptedException {
        try (GufoServer server = listen()) {
            if (!running.awaitLoaded(stop)) {
                return;
            }
            models.hashNamed(); // not before: the disk is busy while models load
            HeapWatch.start();
            out.println(running.summary());
            out.println(Announcement.ready(
                    settings.host(),
                    server.port(),
                    models.defaultModel().id(),
                    running.defaultModel().roles(),
                    !settings.apiKeys().isEmpty() || storage.keys().required()));
            if (settings.web()) {
                out.println(Announcement.page(settings.host(), server.port()));
            }
            out.flush();
            stop.await();
            say("gufo: stopping when the running requests have ended; once more ends them");
            server.drain();
        }
    }

    /** From a thread of its own: a pipe without a reader must not keep the server from stopping. */
    private void say(String line) {
        Thread.ofPlatform().daemon().name("last-words").start(() -> err.println(line));
    }

    private GufoServer listen() {
        Logger javalin = (Logger) LoggerFactory.getLogger(Javalin.class);
        javalin.setLevel(Level.OFF); // it would log what the exception says
        try {
            return GufoServer.start(settings, models, storage);
        } catch (JavalinException e) {
            throw new StartFailed(new ListenFailure(
                            settings.host(), settings.port(), settings.admin().port())
                    .explain(e));
        } finally {
            javalin.setLevel(null);
        }
    }
}
