package dev.gufo.server.pulls;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.store.pull.PullSource;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One download. Its state is behind its monitor; any thread. */
final class Download {
    /** Where it is. */
    enum State {
        WAITING,
        RUNNING,
        DONE,
        FAILED,
        CANCELLED;

        boolean hasEnded() {
            return this == DONE || this == FAILED || this == CANCELLED;
        }
    }

    /** How much of a file is there, and how large it is; -1 if that is not known. */
    private record Amount(long bytes, long total) {}

    private final String id;
    private final String typed;
    private final PullSource source;
    private final TreeMap<String, Amount> files = new TreeMap<>();
    private State state = State.WAITING;
    private Optional<String> problem = Optional.empty();
    private @Nullable Future<?> task;

    /** @param typed the source as it was asked for */
    Download(String id, String typed, PullSource source) {
        this.id = id;
        this.typed = typed;
        this.source = source;
    }

    String id() {
        return id;
    }

    PullSource source() {
        return source;
    }

    synchronized State state() {
        return state;
    }

    synchronized void runsAs(Future<?> future) {
        task = future;
        if (state == State.CANCELLED) { // before it was known how
            future.cancel(true);
        }
    }

    /** Begins it, unless it was cancelled before. */
    synchronized boolean begin() {
        if (state != State.WAITING) {
            return false;
        }
        state = State.RUNNING;
        return true;
    }

    synchronized void at(String file, long bytes, long total) {
        files.put(file, new Amount(bytes, total));
    }

    synchronized void end(State how, Optional<String> why) {
        if (!state.hasEnded()) {
            state = how;
            problem = why;
        }
    }

    /** Ends it; the parts that are there stay, and the same download goes on with them. */
    synchronized void cancel() {
        end(State.CANCELLED, Optional.empty());
        if (task != null) {
            task.cancel(true);
        }
    }

    synchronized ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", "pull")
                .put("source", typed)
                .put("status", state.name().toLowerCase(Locale.ROOT))
                .put("bytes", files.values().stream().mapToLong(Amount::bytes).sum());
        if (!files.isEmpty() && files.values().stream().allMatch(amount -> amount.total() >= 0)) {
            json.put(
                    "total_bytes",
                    files.values().stream().mapToLong(Amount::total).sum());
        }
        files.keySet().forEach(json.putArray("files")::add);
        problem.ifPresent(text -> json.put("problem", text));
        return json;
    }
}
