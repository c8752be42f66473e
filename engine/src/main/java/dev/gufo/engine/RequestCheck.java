package dev.gufo.engine;

import dev.gufo.store.ModelRole;

/** What requests must keep to before native code sees them. Any thread. */
public final class RequestCheck {
    private RequestCheck() {}

    /**
     * Checks texts to make vectors of.
     *
     * @throws EngineException.Refused if an input is longer than the window
     * @throws IllegalArgumentException if an id is not in the vocabulary, or the model makes no vectors
     */
    public static void require(EmbeddingRequest request, ModelInfo model) {
        int window = model.embeddings().windowTokens();
        if (window == 0) {
            throw new IllegalArgumentException("this model makes no vectors");
        }
        for (int i = 0; i < request.inputs().size(); i++) {
            int[] input = request.inputs().get(i);
            if (input.length > window) {
                throw new EngineException.Refused(new Refusal.InputTooLong(i, input.length, window));
            }
            for (int token : input) {
                requireToken(token, model);
            }
        }
    }

    /**
     * Checks what to generate.
     *
     * @throws EngineException.Refused if the prompt leaves no room for an answer, or an adapter is not there
     * @throws IllegalArgumentException if an id is not in the vocabulary, or the model is not for text
     */
    public static void require(GenerationRequest request, ModelInfo model) {
        if (!model.roles().contains(ModelRole.CHAT)) {
            throw new IllegalArgumentException("this model generates no text");
        }
        if (request.prompt().length >= model.contextTokens()) {
            throw new EngineException.Refused(
                    new Refusal.ContextExceeded(request.prompt().length, model.contextTokens()));
        }
        for (int token : request.prompt()) {
            requireToken(token, model);
        }
        for (int token : request.forced()) {
            requireToken(token, model);
        }
        for (int token : request.generated()) {
            requireToken(token, model);
        }
        if (request.prompt().length + request.generated().length >= model.contextTokens()) {
            throw new IllegalArgumentException("what is resumed has reached the end of the context");
        }
        model.requireAdapters(request.adapters());
        request.sampling().logitBias().keySet().forEach(token -> requireToken(token, model));
    }

    /**
     * Checks a token's id.
     *
     * @throws IllegalArgumentException if it is none of the vocabulary
     */
    public static void requireToken(int token, ModelInfo model) {
        if (token < 0 || token >= model.vocabularySize()) {
            throw new IllegalArgumentException(
                    "token ids must be 0 to %d, one is %d".formatted(model.vocabularySize() - 1, token));
        }
    }
}
