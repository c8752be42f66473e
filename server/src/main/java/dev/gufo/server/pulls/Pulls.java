package dev.gufo.server.pulls;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.store.pull.Pull;
import dev.gufo.store.pull.PullException;
import dev.gufo.store.pull.PullSource;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /admin/pulls}: downloads into the models folder, as {@code gufo pull} does them. Sources are repositories of
 * the hub only: an administrator of the API is not to reach other addresses through the server. The list is behind its
 * monitor; any thread.
 */
public final class Pulls implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pulls.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LARGEST_BODY = 4 << 10;
    private static final int MOST_KEPT = 50;
    private static final int MOST_WAITING = 16;

    /**
     * Where downloads go, and how they are made.
     *
     * @param folder the models folder
     */
    public record Settings(Path folder, Pull.Settings hub) {}

    private final Optional<Settings> settings;
    private final Deque<Download> downloads = new ArrayDeque<>(); // the newest first
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final ExecutorService worker =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().name("pulls").factory());
    private long made;

    /** @param settings empty for a server that has no models folder */
    public Pulls(Optional<Settings> settings) {
        this.settings = settings;
    }

    /** Has a listener called when a download begins or ends, on any thread; it must not block. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** {@code GET /admin/pulls}: the last downloads, the newest first. */
    public void list(Context ctx) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("object", "list");
        json.putArray("data").addAll(all());
        ctx.header("Cache-Control", "no-store").contentType("application/json").result(json.toString());
    }

    /**
     * {@code POST /admin/pulls}: begins one, and answers with 202.
     *
     * @throws ApiException if the source is none, or too many wait
     */
    public void create(Context ctx) throws IOException {
        Settings place = settings.orElseThrow(
                () -> ApiException.unsupported("source", "This server has no models folder to download into."));
        String typed = source(ctx);
        PullSource source;
        try {
            source = PullSource.parse(typed);
        } catch (PullException e) {
            throw ApiException.invalid("source", "Invalid 'source': %s.".formatted(e.getMessage()));
        }
        if (!(source instanceof PullSource.Hub)) {
            throw ApiException.invalid(
                    "source", "'source' must be hf:OWNER/REPO, hf:OWNER/REPO:QUANT or hf:OWNER/REPO/FILE.");
        }
        Download download = add(typed, source);
        download.runsAs(worker.submit(() -> run(download, place)));
        ctx.status(202).contentType("application/json").result(download.json().toString());
    }

    /**
     * {@code DELETE /admin/pulls/{id}}: ends one. What is there stays, and the same download goes on with it.
     *
     * @throws ApiException with {@link Problem.PullNotFound}
     */
    public void cancel(Context ctx) {
        String id = ctx.pathParam("id");
        Download download = find(id).orElseThrow(() -> new ApiException(new Problem.PullNotFound(id)));
        download.cancel();
        changed();
        ctx.contentType("application/json").result(download.json().toString());
    }

    /** The last downloads, the newest first. */
    public synchronized List<ObjectNode> all() {
        return downloads.stream().map(Download::json).toList();
    }

    /** Whether any of them waits or runs. */
    public synchronized boolean isBusy() {
        return downloads.stream().anyMatch(download -> !download.state().hasEnded());
    }

    private synchronized Optional<Download> find(String id) {
        return downloads.stream().filter(each -> each.id().equals(id)).findFirst();
    }

    private synchronized Download add(String typed, PullSource source) {
        long waiting = downloads.stream()
                .filter(each -> each.state() == Download.State.WAITING)
                .count();
        if (waiting >= MOST_WAITING) {
            throw ApiException.invalid("source", "%d downloads wait already.".formatted(waiting));
        }
        var download = new Download("pull_" + ++made, typed, source);
        downloads.addFirst(download);
        for (Download old : new ArrayList<>(downloads)) {
            if (downloads.size() > MOST_KEPT && old.state().hasEnded()) {
                downloads.remove(old);
            }
        }
        return download;
    }

    private void run(Download download, Settings place) {
        if (!download.begin()) {
            return;
        }
        changed();
        try {
            new Pull(place.hub(), download::at).run(download.source(), place.folder(), Optional.empty());
            download.end(Download.State.DONE, Optional.empty());
        } catch (PullException e) {
            download.end(Download.State.FAILED, Optional.ofNullable(e.getMessage()));
        } catch (IOException e) {
            LOG.warn("a download failed", e);
            download.end(Download.State.FAILED, Optional.of("The models folder can't be written."));
        } catch (InterruptedException e) {
            download.end(Download.State.CANCELLED, Optional.empty());
        } finally {
            changed();
        }
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    private static String source(Context ctx) throws IOException {
        byte[] bytes = ctx.req().getInputStream().readNBytes(LARGEST_BODY + 1);
        if (bytes.length > LARGEST_BODY) {
            throw new ApiException(new Problem.BodyTooLarge(LARGEST_BODY));
        }
        JsonNode source;
        try {
            source = JSON.readTree(bytes).path("source");
        } catch (JsonProcessingException e) {
            throw ApiException.invalid("", "The body must be a JSON object.");
        }
        if (!source.isTextual()) {
            throw ApiException.invalid("source", "'source' must be a string such as hf:OWNER/REPO:Q4_K_M.");
        }
        return source.textValue();
    }

    /** Ends what runs; the parts stay. */
    @Override
    public void close() {
        worker.shutdownNow();
    }
}
