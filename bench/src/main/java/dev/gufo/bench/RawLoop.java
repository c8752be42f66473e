package dev.gufo.bench;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.llama.ContextLimits;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.llama.TokenBatch;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The ceiling: nothing but decode calls on the binding, in one thread, with every sequence always at work. A server on
 * the same machine can at best come close to it.
 *
 * <p>A round computes the prompts of all sequences, then generates the most likely tokens of all of them, end tokens
 * included, until each has its number.
 */
final class RawLoop implements AutoCloseable {
    private final LlamaContext context;
    private final TokenBatch batch;
    private final RandomGenerator random;
    private final int vocabularySize;
    private final Shape shape;

    /**
     * What a round does.
     *
     * @param sequences decoded together
     * @param promptTokens of each
     * @param outputTokens of each
     */
    record Shape(int sequences, int promptTokens, int outputTokens) {}

    /**
     * How long a round took.
     *
     * @param prefill all prompts
     * @param decode all tokens after each sequence's first
     */
    record Round(Shape shape, Duration prefill, Duration decode) {
        /** Generated tokens a second, prompts included in the time. */
        double tokensPerSecond() {
            return shape.sequences() * shape.outputTokens() / seconds(prefill.plus(decode));
        }

        /** Generated tokens a second without the time of the prompts. */
        double decodeTokensPerSecond() {
            return shape.sequences() * (shape.outputTokens() - 1) / seconds(decode);
        }

        private static double seconds(Duration time) {
            return time.toNanos() / 1e9;
        }
    }

    /** With a cache as llama.cpp makes it by itself. */
    RawLoop(LlamaModel model, Shape shape, int threads, int stepTokens, long seed) {
        this(model, shape, ComputeSettings.DEFAULT, threads, stepTokens, seed);
    }

    /** Opens a context on the calling thread, which alone may use it. */
    RawLoop(LlamaModel model, Shape shape, ComputeSettings compute, int threads, int stepTokens, long seed) {
        this.shape = shape;
        this.vocabularySize = model.vocabulary().size();
        this.random = new SplittableRandom(seed);
        var limits = new ContextLimits(
                shape.sequences(),
                shape.promptTokens() + shape.outputTokens(),
                Math.max(stepTokens, shape.sequences()),
                Math.min(512, Math.max(stepTokens, shape.sequences())),
                shape.sequences(),
                threads);
        this.context = model.newContext(limits, compute);
        this.batch = context.newBatch();
    }

    Round round() {
        for (int sequence = 0; sequence < shape.sequences(); sequence++) {
            context.forget(sequence, 0);
        }
        long begin = System.nanoTime();
        int[] next = prefill();
        long prefilled = System.nanoTime();
        for (int position = shape.promptTokens();
                position < shape.promptTokens() + shape.outputTokens() - 1;
                position++) {
            batch.clear();
            for (int sequence = 0; sequence < shape.sequences(); sequence++) {
                batch.add(next[sequence], position, sequence, true);
            }
            decode();
            for (int sequence = 0; sequence < shape.sequences(); sequence++) {
                next[sequence] = context.mostLikely(sequence);
            }
        }
        long end = System.nanoTime();
        return new Round(shape, Duration.ofNanos(prefilled - begin), Duration.ofNanos(end - prefilled));
    }

    /** Computes random prompts; the first token of every answer. */
    private int[] prefill() {
        int[] next = new int[shape.sequences()];
        batch.clear();
        int perSequence = Math.max(1, batch.room() / shape.sequences());
        for (int from = 0; from < shape.promptTokens(); from += perSequence) {
            int to = Math.min(from + perSequence, shape.promptTokens());
            batch.clear();
            int[] outputs = new int[shape.sequences()];
            for (int sequence = 0; sequence < shape.sequences(); sequence++) {
                for (int position = from; position < to; position++) {
                    boolean last = position == shape.promptTokens() - 1;
                    outputs[sequence] = batch.add(random.nextInt(vocabularySize), position, sequence, last);
                }
            }
            decode();
            if (to == shape.promptTokens()) {
                for (int sequence = 0; sequence < shape.sequences(); sequence++) {
                    next[sequence] = context.mostLikely(outputs[sequence]);
                }
            }
        }
        return next;
    }

    private void decode() {
        if (!context.decode(batch)) {
            throw new AssertionError("every sequence has room for its tokens");
        }
    }

    @Override
    public void close() {
        batch.close();
        context.close();
    }
}
