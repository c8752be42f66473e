package dev.gufo.server.metrics;

import dev.gufo.server.usage.Intent;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Requests that were accepted and have not ended. Safe for any thread. */
final class OpenRequests {
    /** Whether a prompt of it has left the engine's queue. */
    private final Map<Intent, Boolean> open = new ConcurrentHashMap<>();

    void accepted(Intent intent) {
        open.put(intent, false);
    }

    void started(Intent intent) {
        open.replace(intent, true); // one that has ended meanwhile stays gone
    }

    void ended(Intent intent) {
        open.remove(intent);
    }

    /** How many each key has, those with most first. */
    List<Metrics.KeyLoad> byKey() {
        var keys = new TreeMap<String, Metrics.KeyLoad>();
        open.forEach((intent, started) -> keys.merge(
                intent.keyId(),
                new Metrics.KeyLoad(intent.keyId(), intent.keyName(), started ? 1 : 0, started ? 0 : 1),
                Metrics.KeyLoad::plus));
        Collection<Metrics.KeyLoad> all = keys.values();
        return all.stream()
                .sorted(Comparator.comparingInt(Metrics.KeyLoad::all).reversed())
                .toList();
    }
}
