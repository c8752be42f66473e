package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.GenerationRequest;
import java.util.List;

/**
 * Who may use a KV state: requests that share their prefixes and, since other weights compute other keys and values,
 * have the same adapters.
 *
 * @param name of those that share
 * @param adapters that the state was computed with
 */
record KvScope(String name, List<AdapterScale> adapters) {
    /** Of no one in particular, computed by the model as it is. */
    static final KvScope COMMON = new KvScope("", List.of());

    static KvScope of(GenerationRequest request) {
        return new KvScope(request.cacheScope(), request.adapters());
    }
}
