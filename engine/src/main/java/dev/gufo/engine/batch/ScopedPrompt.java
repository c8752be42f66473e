package dev.gufo.engine.batch;

import dev.gufo.engine.GenerationRequest;

/**
 * A prompt, and which states it may go on from.
 *
 * @param tokens not to be changed
 * @param scope whose states
 * @param exact whether only whole chunks that were computed alone may be reused
 */
record ScopedPrompt(int[] tokens, KvScope scope, boolean exact) {
    static ScopedPrompt of(GenerationRequest request) {
        return new ScopedPrompt(request.prompt(), KvScope.of(request), request.deterministic());
    }
}
