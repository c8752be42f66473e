package dev.gufo.engine.batch;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Logprobs;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** All that a generation brought. */
public record Answer(
        int cached,
        List<Integer> tokens,
        List<byte[]> pieces,
        List<Logprobs> logprobs,
        List<GenerationEvent.Token> prompt,
        FinishReason reason,
        Drafts drafts) {
    /** Waits for the end; throws what ended it. */
    public static Answer of(Generation generation) throws InterruptedException {
        int cached = -1;
        List<Integer> ids = new ArrayList<>();
        List<byte[]> pieces = new ArrayList<>();
        List<Logprobs> logprobs = new ArrayList<>();
        List<GenerationEvent.Token> prompt = new ArrayList<>();
        while (true) {
            switch (generation.next(OnDevice.PATIENCE).orElseThrow()) {
                case GenerationEvent.Started(int tokens, var _, var _) -> cached = tokens;
                case GenerationEvent.Prefilled _ -> {}
                case GenerationEvent.Prompt(var tokens) -> prompt.addAll(tokens);
                case GenerationEvent.Token token -> {
                    ids.add(token.id());
                    pieces.add(token.piece());
                    token.logprobs().ifPresent(logprobs::add);
                }
                case GenerationEvent.Finished(FinishReason reason, var _, Drafts drafts) -> {
                    return new Answer(cached, ids, pieces, logprobs, prompt, reason, drafts);
                }
                case GenerationEvent.Failed(EngineException cause) -> throw cause;
            }
        }
    }

    /** All pieces. */
    public String text() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        pieces.forEach(bytes::writeBytes);
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
