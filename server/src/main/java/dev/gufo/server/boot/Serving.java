package dev.gufo.server.boot;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.server.GufoServer;
import dev.gufo.server.Keeping;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.responses.ResponseStore;
import io.javalin.Javalin;
import io.javalin.util.JavalinException;
import java.io.PrintStream;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * A server's way from listening to its orderly end. The main thread walks it.
 *
 * @param settings how to listen
 * @param accounts how ledger, metrics and log are kept
 * @param fleet the models, loading or loaded; closed by the caller
 * @param models under which names clients find them
 * @param books what the server keeps; closed by the caller
 * @param admin where keys are administered
 * @param stop when to end
 * @param out progress and announcement
 * @param err what is worth a word when it ends
 */
public record Serving(
        ServerSettings settings,
        Accounting.Settings accounts,
        ResponseStore.Settings responses,
        Fleet fleet,
        ServedModels models,
        Books books,
        AdminPlace admin,
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
            if (!awaitModels()) {
                return;
            }
            out.println(fleet.summary());
            out.println(Announcement.ready(
                    settings.host(),
                    server.port(),
                    models.defaultModel().id(),
                    fleet.defaultModel().roles(),
                    !settings.apiKeys().isEmpty() || books.keys().required()));
            out.flush();
            stop.await();
            say("gufo: stopping when the running requests have ended; once more ends them");
            server.drain();
        }
    }

    /** From a thread of its own: a pipe that nobody reads must not keep the server from stopping. */
    private void say(String line) {
        Thread.ofPlatform().daemon().name("last-words").start(() -> err.println(line));
    }

    private GufoServer listen() {
        Logger javalin = (Logger) LoggerFactory.getLogger(Javalin.class);
        javalin.setLevel(Level.OFF); // it would log what the exception says
        try {
            return GufoServer.start(
                    settings,
                    models,
                    new Keeping(
                            Optional.of(books.database()),
                            Optional.of(books.keys()),
                            books.limits(),
                            admin,
                            accounts,
                            responses));
        } catch (JavalinException e) {
            throw new StartFailed(new ListenFailure(settings.host(), settings.port(), admin.port()).explain(e));
        } finally {
            javalin.setLevel(null);
        }
    }

    /** Whether all models were loaded before someone asked to stop. */
    private boolean awaitModels() throws InterruptedException {
        var news = new WakeUp();
        stop.onAsked(news::wake);
        try (Subscription _ = fleet.onChange(news::wake)) {
            while (!fleet.loaded()) {
                if (stop.isAsked()) {
                    return false;
                }
                news.await();
            }
        }
        return true;
    }
}
