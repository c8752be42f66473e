package dev.gufo.engine.batch;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.llama.SamplerChain;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One request on its way through the scheduler.
 *
 * <p>Invariant: the first {@link #computed} of its tokens are in the KV memory of {@link #slot}; the rest is pending. A
 * sequence that generates has exactly one token pending, one that is being prefilled has more.
 *
 * <p>Belongs to the engine thread.
 */
final class Sequence {
    private final GenerationRequest request;
    private final Optional<SamplerChain> sampler;
    private final Optional<TextConstraint> constraint;
    private final Consumer<GenerationEvent> events;
    private final Runnable placeFreed;
    private final int mostTokens;
    private final Optional<Drafter> drafter;
    private final long submitted;

    private final int resumedAt; // tokens that were there when it came: the prompt, and what a lost worker made
    private int[] tokens;
    private int count;
    private int computed;
    private int scored;
    private int slot = -1;
    private int[] checkpoints = {};
    private boolean started;
    private boolean lookedUp;
    private Optional<DiskStore.Reading> reading = Optional.empty();
    private boolean deferred;
    private long prefillStart;
    private long firstToken;
    private long lastToken;

    /**
     * @param sampler empty to take the most likely token
     * @param constraint what the text must look like
     * @param drafter guesses its tokens, if they may be guessed
     * @param contextTokens most tokens that the sequence may reach
     * @param submitted when the request came, in {@link System#nanoTime}
     * @param placeFreed run once, when it ends in whatever way, before its last event goes out: whoever hears of the
     *     end may count on the place
     */
    Sequence(
            GenerationRequest request,
            Optional<SamplerChain> sampler,
            Optional<TextConstraint> constraint,
            Optional<Drafter> drafter,
            int contextTokens,
            long submitted,
            Consumer<GenerationEvent> events,
            Runnable placeFreed) {
        this.submitted = submitted;
        this.request = request;
        this.sampler = sampler;
        this.constraint = constraint;
        this.events = events;
        this.placeFreed = placeFreed;
        this.tokens = joined(request.prompt(), request.generated());
        this.count = tokens.length;
        this.drafter = drafter;
        this.resumedAt = count;
        this.mostTokens = (int) Math.min((long) request.prompt().length + request.maxTokens(), contextTokens);
    }

    private static int[] joined(int[] prompt, int[] generated) {
        if (generated.length == 0) {
            return prompt;
        }
        int[] all = Arrays.copyOf(prompt, prompt.length + generated.length);
        System.arraycopy(generated, 0, all, prompt.length, generated.length);
        return all;
    }

    /** Takes a place in KV memory, in which the first {@code cached} tokens are computed already. */
    void start(int newSlot, int cached, Reuse reuse) {
        slot = newSlot;
        computed = cached;
        if (!started) {
            started = true;
            prefillStart = System.nanoTime();
            events.accept(new GenerationEvent.Started(cached, queued(), reuse));
        }
    }

    /**
     * Whether what its prompt goes on from is coming up from disk, and is to be waited for.
     *
     * @param look looks for it; done until it is on its way, or turns out not to be there
     */
    boolean isComingUp(Supplier<Optional<DiskStore.Reading>> look) {
        if (!lookedUp && reading.map(DiskStore.Reading::isOver).orElse(true)) {
            reading = look.get();
            lookedUp = reading.isEmpty() || !reading.get().begins();
        }
        return reading.isPresent() && !reading.get().isOver();
    }

    /** Sets where its prefill stops to make checkpoints: positions in the prompt, ascending. */
    void stopAt(int[] positions) {
        checkpoints = positions;
    }

    /** Whether it has just come to a position where a checkpoint is wanted. */
    boolean isAtCheckpoint() {
        return Arrays.binarySearch(checkpoints, computed) >= 0;
    }

    /** Tokens that are pending up to the next such position, or all of them. */
    int pendingToCheckpoint() {
        for (int position : checkpoints) {
            if (position > computed) {
                return position - computed;
            }
        }
        return pending();
    }

    /** Gives its place up; everything will be computed again. */
    void preempt() {
        slot = -1;
        computed = 0;
    }

    /**
     * Guesses the tokens behind its last one, for the next step.
     *
     * @param most that the step has room for
     * @return how many are worth computing; {@link #token} has them behind the sequence's own
     */
    int draft(int most, StepCost cost) {
        int room = Math.min(most, mostTokens - count - 1);
        return room <= 0
                ? 0
                : drafter.map(guesses -> guesses.next(tokens, count, room, cost))
                        .orElse(0);
    }

    /** A token of what was guessed for the step under way. */
    int guessed(int number) {
        return drafter.orElseThrow().token(tokens, number);
    }

    /**
     * Tells those who guess for it that a step had its next tokens and those of no other sequence. The results are
     * there, and nothing was noted yet.
     *
     * @param n tokens of the step, guesses included
     * @param first index of the first of them in the step
     */
    void tellComputed(int n, int first) {
        if (drafter.isEmpty() || !drafter.get().listens()) {
            return;
        }
        int[] entered = new int[n];
        for (int i = 0; i < n; i++) {
            entered[i] = token(computed + i);
        }
        drafter.get().computed(tokens, computed, entered, first);
    }

    /** Notes that {@code n} more tokens are in KV memory. */
    void advance(int n) {
        computed += n;
    }

    /** Notes that its last token is in KV memory no more: its logits will be computed again. */
    void defer() {
        computed--;
        deferred = true;
    }

    /** Whether its next token was to be chosen in an earlier step. */
    boolean isDeferred() {
        return deferred;
    }

    /**
     * Takes a sampled token.
     *
     * @param end whether it ends the generation
     * @return whether the sequence goes on
     */
    boolean accept(GenerationEvent.Token token, boolean end) {
        deferred = false;
        lastToken = System.nanoTime();
        if (count == resumedAt) {
            firstToken = lastToken;
            events.accept(new GenerationEvent.Prefilled(prefill()));
        }
        append(token.id());
        events.accept(token);
        if (end) {
            finish(FinishReason.STOP);
            return false;
        }
        if (count >= mostTokens) {
            finish(FinishReason.LENGTH);
            return false;
        }
        return true;
    }

    private void append(int token) {
        drafter.ifPresent(guesses -> guesses.compare(tokens, count, token));
        if (count == tokens.length) { // also true of the request's own array, which is never written to
            tokens = Arrays.copyOf(tokens, Math.min(mostTokens, Math.max(count + 32, count + count / 2)));
        }
        tokens[count++] = token;
    }

    private void finish(FinishReason reason) {
        placeFreed.run();
        events.accept(new GenerationEvent.Finished(
                reason,
                new GenerationEvent.Timings(queued(), prefill(), Duration.ofNanos(lastToken - firstToken)),
                drafter.map(Drafter::drafts).orElse(Drafts.NONE)));
    }

    private Duration queued() {
        return Duration.ofNanos(prefillStart - submitted);
    }

    private Duration prefill() {
        return Duration.ofNanos(firstToken - prefillStart);
    }

    /** Ends it with an error. */
    void fail(EngineException cause) {
        placeFreed.run();
        close();
        events.accept(new GenerationEvent.Failed(cause));
    }

    /** Ends it without an event: its listener is gone. */
    void cancel() {
        placeFreed.run();
        close();
    }

    /** Frees the sampler and the constraint. */
    void close() {
        sampler.ifPresent(SamplerChain::close);
        constraint.ifPresent(TextConstraint::close);
    }

    GenerationRequest request() {
        return request;
    }

    Optional<SamplerChain> sampler() {
        return sampler;
    }

    Optional<TextConstraint> constraint() {
        return constraint;
    }

    /** Whether it makes way for those that are not preemptible. */
    boolean isPreemptible() {
        return request.owner().preemptible();
    }

    /** Whether its tokens are given, and not chosen. */
    boolean isForced() {
        return request.forced().length > 0;
    }

    /** Its next token, if that is given; behind the given ones comes the end. */
    OptionalInt forced() {
        int next = count - request.prompt().length;
        return next < request.forced().length ? OptionalInt.of(request.forced()[next]) : OptionalInt.empty();
    }

    /** Whether it was generating already in a worker that was lost. */
    boolean hadBegun() {
        return resumedAt > request.prompt().length;
    }

    /** Whether the tokens that are pending belong to a prompt whose logprobs are wanted. */
    boolean isScored() {
        return request.promptLogprobs() && computed < request.prompt().length;
    }

    /** Reports tokens of the prompt; what was reported before it was preempted is left out. */
    void report(List<GenerationEvent.Token> promptTokens, int firstPosition) {
        int known = Math.clamp((long) scored - firstPosition, 0, promptTokens.size());
        if (known < promptTokens.size()) {
            scored = firstPosition + promptTokens.size();
            events.accept(new GenerationEvent.Prompt(promptTokens.subList(known, promptTokens.size())));
        }
    }

    /** Its place in KV memory, -1 while it waits. */
    int slot() {
        return slot;
    }

    /** Tokens that are in KV memory. */
    int computed() {
        return computed;
    }

    /** Tokens that are not. */
    int pending() {
        return count - computed;
    }

    /**
     * How many tokens enter its next step, of a deterministic request: the prompt in chunks that begin at fixed places,
     * then one token at a time, also when it is computed again.
     *
     * @param chunk tokens of a chunk
     * @param scoredChunk the same of a prompt whose logprobs are wanted
     */
    int nextOf(int chunk, int scoredChunk) {
        int prompt = request.prompt().length;
        if (computed >= prompt) {
            return 1;
        }
        int size = request.promptLogprobs() ? Math.min(chunk, scoredChunk) : chunk;
        return Math.min(prompt, (computed / size + 1) * size) - computed;
    }

    /** The token at a position, prompt and answer counted as one; behind its last one, a guess. */
    int token(int position) {
        return position < count ? tokens[position] : guessed(position - count);
    }

    /** All its tokens, prompt and answer, of which {@link #count} count; not to be changed. */
    int[] tokens() {
        return tokens;
    }

    int count() {
        return count;
    }

    /** Tokens that it may have at most, prompt and answer. */
    int mostTokens() {
        return mostTokens;
    }
}
