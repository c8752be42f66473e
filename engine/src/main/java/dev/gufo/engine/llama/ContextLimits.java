package dev.gufo.engine.llama;

/**
 * The size of a context.
 *
 * @param sequences sequences that are computed together, 1 to 256
 * @param contextTokens tokens of one sequence, rounded up to a multiple of 256; where all share one KV cache it is of
 *     {@code contextTokens * sequences} tokens, of which one sequence may take all
 * @param batchTokens most tokens of one {@link LlamaContext#decode}, at least {@code sequences}
 * @param microBatchTokens most tokens that are computed at once; at most {@code batchTokens}
 * @param outputs most tokens of a batch whose logits are asked for, at least {@code sequences}
 * @param threads CPU threads
 */
public record ContextLimits(
        int sequences, int contextTokens, int batchTokens, int microBatchTokens, int outputs, int threads) {}
