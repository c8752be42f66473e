package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.SequenceState;
import dev.gufo.engine.llama.TokenBatch;
import dev.gufo.engine.llama.Vocabulary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Continuous batching: every step decodes one token of each generating sequence and, with what is left of the batch,
 * chunks of prompts. A new request enters as soon as a slot is free, an ended one leaves at once. Requests with
 * different adapters take turns.
 *
 * <p>Each slot has KV memory for a whole context, so whoever started can always go on to the end of the context.
 *
 * <p>Belongs to the engine thread.
 */
final class Scheduler {
    private static final byte[] NO_TEXT = {};
    private static final int SMALL_PIECE = 64;

    /** What is there when the model is closed may take this long on its way to disk. */
    private static final Duration PUTTING_AWAY = Duration.ofSeconds(3);

    /** How long a step waits for the disk, if there is nothing else to do. */
    private static final Duration READING_LOOK = Duration.ofMillis(5);

    private final LlamaContext context;
    private final Vocabulary vocabulary;
    private final TokenBatch batch;
    private final StepResults results;
    private final KvSlots slots;
    private final PrefillBudget prefill;
    private final AdapterTurns turns;
    private final Limits limits;
    private final NonFiniteAdapters tooStrong = new NonFiniteAdapters();
    private final Runnable exactly;
    private final CopyTimes copies = new CopyTimes();
    private final FairQueue waiting = new FairQueue();
    private final List<Sequence> running = new ArrayList<>();
    private final List<StepBatch.Padding> padded = new ArrayList<>();
    private long preemptions;

    /**
     * @param stepTokens tokens of a step
     * @param chunkTokens in which the prompts of deterministic requests are computed, at most {@code stepTokens}
     * @param scoredTokens prompt tokens of a step whose logits are wanted
     * @param padding most slots between two used ones that get a padding token, so that both are computed in one pass
     * @param choosing what the choice of constrained tokens may take of a step; those whose turn has not come then are
     *     deferred
     * @param choosers threads that may choose tokens
     * @param copying what a copy of a state to main memory may take while others wait for their next token
     */
    record Limits(
            int stepTokens,
            int chunkTokens,
            int scoredTokens,
            int padding,
            Duration choosing,
            int choosers,
            Duration copying) {}

    /** @param exactly called before a step of a deterministic request, which has to be computed as every other time */
    Scheduler(
            LlamaContext context,
            Vocabulary vocabulary,
            KvSlots slots,
            PrefillBudget prefill,
            AdapterTurns turns,
            Limits limits,
            Runnable exactly) {
        this.exactly = exactly;
        this.context = context;
        this.vocabulary = vocabulary;
        this.batch = context.newBatch();
        this.results = new StepResults(context, vocabulary, slots.count(), limits.choosers());
        this.slots = slots;
        this.prefill = prefill;
        this.turns = turns;
        this.limits = limits;
    }

    /** Whether there is nothing to do. */
    boolean isIdle() {
        return waiting.isEmpty() && running.isEmpty();
    }

    int running() {
        return running.size();
    }

    /** Tokens that the running sequences have in KV memory. */
    long kvTokens() {
        return running.stream().mapToLong(Sequence::computed).sum();
    }

    /** How often a sequence was preempted. */
    long preemptions() {
        return preemptions;
    }

    /**
     * Puts a request into the queue, or refuses it at once if its adapters are known to be too strong. One whose client
     * has a part of the answer goes on before everyone who waits.
     */
    void enqueue(Sequence sequence) {
        if (tooStrong.isHopeless(sequence)) {
            NonFiniteAdapters.refuse(sequence);
        } else if (sequence.hadBegun()) {
            waiting.addFirst(sequence);
        } else {
            waiting.add(sequence);
        }
    }

    /** Drops a request, wherever it is; without effect if it ended before. */
    void cancel(Sequence sequence) {
        if (running.remove(sequence)) {
            slots.release(sequence.slot());
        } else if (!waiting.remove(sequence)) {
            return;
        }
        sequence.cancel();
    }

    /**
     * One turn: start, plan, decode, hand out.
     *
     * @return whether a sequence started or ended, which its reader should hear of at once
     */
    boolean step() {
        boolean milestone = startWaiting();
        if (running.isEmpty()) {
            slots.awaitDisk(READING_LOOK); // which those who wait do
            return milestone;
        }
        StepBatch plan = plan();
        long begin = System.nanoTime();
        List<StepBatch.Share> shares = write(plan);
        while (!shares.isEmpty() && !context.decode(batch)) { // false: no KV cells left
            undoPadding();
            preempt(plan.removeYoungest());
            shares = write(plan);
        }
        if (endNonFinite(shares)) {
            return true;
        }
        undoPadding();
        shares.forEach(results::reportPrompt);
        shares.forEach(share -> share.sequence().advance(share.tokens()));
        context.synchronize(); // the time of a step is the device's, not that of queueing it; logits come next anyway
        observe(shares, System.nanoTime() - begin);
        makeCheckpoints(shares);
        return handOut(shares) || milestone;
    }

    /**
     * Lets each sequence whose logits are there have its next token. Once constrained choices have taken their time the
     * others are put off: the last token of each is computed again in the next step, where they come first.
     *
     * @return whether one ended
     */
    private boolean handOut(List<StepBatch.Share> shares) {
        boolean ended = false;
        long nanos = 0;
        shares.sort(Comparator.comparing(share -> !share.sequence().isPutOff()));
        Map<Sequence, Integer> chosen = results.chooseFree(shares);
        for (StepBatch.Share share : shares) {
            boolean constrained = share.sequence().constraint().isPresent();
            boolean late = constrained && nanos > limits.choosing().toNanos();
            if (!share.hasOutput() || (late && putOff(share.sequence()))) {
                continue;
            }
            long begin = constrained ? System.nanoTime() : 0;
            ended |= !handOut(share, chosen);
            nanos += constrained ? System.nanoTime() - begin : 0;
        }
        return ended;
    }

    /** False if the model can't take a token back; then it must choose now. */
    private boolean putOff(Sequence sequence) {
        if (!context.forget(sequence.slot(), sequence.computed() - 1)) {
            return false;
        }
        sequence.putOff();
        return true;
    }

    /**
     * Starts requests while slots are free. One whose prompt a running sequence is computing waits for that, with a
     * slot kept for it, and starts from that sequence's state, so that equal prompts that come together are computed
     * once.
     *
     * @return whether one was started
     */
    private boolean startWaiting() {
        boolean started = false;
        Set<Sequence> heldBack = new HashSet<>();
        while (slots.free() > 0) {
            Optional<Sequence> next = waiting.take(sequence -> canStart(sequence, heldBack));
            if (next.isEmpty()) {
                break;
            }
            slots.takeRead(); // what it has waited for is among it
            GenerationRequest request = next.get().request();
            start(
                    next.get(),
                    slots.place(request.prompt(), KvScope.of(request), request.deterministic())
                            .orElseThrow());
            started = true;
        }
        return started;
    }

    /** @param heldBack requests that came before; those of the same owner keep a slot each */
    private boolean canStart(Sequence sequence, Set<Sequence> heldBack) {
        GenerationRequest request = sequence.request();
        if (!request.promptLogprobs()
                && slots.promised(request.prompt(), KvScope.of(request), request.deterministic()) > 0) {
            heldBack.add(sequence);
            return false;
        }
        String owner = request.owner().id();
        long others = heldBack.stream()
                .filter(other -> other.request().owner().id().equals(owner))
                .count();
        if (slots.free() <= others) {
            return false;
        }
        if (sequence.isComingUp(() -> read(request))) {
            heldBack.add(sequence);
            return false;
        }
        return true;
    }

    /** A deterministic prompt is computed as every other time, of which the disk knows nothing. */
    private Optional<DiskStore.Reading> read(GenerationRequest request) {
        return request.deterministic() || request.promptLogprobs()
                ? Optional.empty()
                : slots.read(request.prompt(), KvScope.of(request));
    }

    private void start(Sequence sequence, KvSlots.Placement place) {
        GenerationRequest request = sequence.request();
        KvScope scope = KvScope.of(request);
        boolean uses = !request.deterministic() && !request.promptLogprobs();
        IntFunction<Reuse> reuse = slots.explain(place, request.prompt(), scope, uses);
        slots.hold(place);
        Optional<KvSlot> kept = slots.isWorthKeeping(place, request.prompt(), scope, request.deterministic())
                ? keep(place.slot())
                : Optional.empty();
        KvSlots.Placement used = request.promptLogprobs() ? new KvSlots.Placement(place.slot(), 0, -1) : place;
        int cached = bring(used, kept);
        slots.occupy(used.withCached(cached), sequence);
        sequence.stopAt(slots.checkpoints(request.prompt(), scope, request.deterministic(), cached));
        running.add(sequence);
        sequence.start(place.slot(), cached, reuse.apply(cached));
    }

    /**
     * Puts the state of a free slot into main memory, with its checkpoints, if that can be done without a stop that
     * streams would feel.
     *
     * @return what is there now
     */
    private Optional<KvSlot> keep(int slot) {
        long bytes = context.stateBytes(slot, SequenceState.Part.WHOLE);
        boolean felt =
                !running.isEmpty() && copies.nanos(bytes) > limits.copying().toNanos();
        if (felt || !slots.makeRoom(bytes)) {
            return Optional.empty();
        }
        long begin = System.nanoTime();
        Optional<KvSlot> kept = context.save(slot, SequenceState.Part.WHOLE).map(state -> slots.keep(slot, state));
        copies.observe(bytes, System.nanoTime() - begin);
        return kept;
    }

    /**
     * Brings the state that a prompt goes on from into its slot, cut to what the prompt has of it.
     *
     * @param kept what was in the slot, if its checkpoints have gone to main memory
     * @return tokens that are there
     */
    private int bring(KvSlots.Placement place, Optional<KvSlot> kept) {
        int slot = place.slot();
        int cached = place.cached();
        if (place.copyFrom() >= 0 && cached > 0) {
            context.forget(slot, 0);
            context.copy(place.copyFrom(), slot);
        }
        Optional<SequenceState> earlier =
                slots.checkpoint(slot, cached).or(() -> kept.flatMap(moved -> moved.checkpoint(place.cached())));
        if (place.restored().isPresent()) {
            context.forget(slot, 0);
            earlier = place.restored().get().slot().checkpoint(cached);
            if (!context.restore(slot, place.restored().get().state())) {
                cached = 0;
            }
        }
        if (cached > 0 && earlier.isPresent() && !context.restore(slot, earlier.get())) {
            cached = 0;
        }
        if (context.forget(slot, cached)) {
            return cached;
        }
        context.forget(slot, 0);
        return 0;
    }

    /** Makes the checkpoints that sequences have come to, of states that can't be cut later. */
    private void makeCheckpoints(List<StepBatch.Share> shares) {
        for (StepBatch.Share share : shares) {
            Sequence sequence = share.sequence();
            if (sequence.isAtCheckpoint()
                    && slots.makeRoom(context.stateBytes(sequence.slot(), SequenceState.Part.UNCUTTABLE))) {
                context.save(sequence.slot(), SequenceState.Part.UNCUTTABLE)
                        .ifPresent(state -> slots.addCheckpoint(sequence.slot(), sequence.computed(), state));
            }
        }
    }

    /** Prefill and decode are one thing: a sequence has tokens pending, the step has room for some. */
    private StepBatch plan() {
        StepBatch plan = new StepBatch(limits.padding());
        List<Sequence> entering = turns.next(running);
        if (!entering.isEmpty() && entering.getFirst().request().deterministic()) {
            exactly.run();
            Sequence alone = entering.getFirst();
            plan.add(alone, alone.nextOf(limits.chunkTokens(), limits.scoredTokens()));
            return plan;
        }
        for (Sequence sequence : entering) {
            if (sequence.pending() == 1) {
                plan.add(sequence, 1); // first, so that no stream stalls
            }
        }
        // Those whose turn it is not wait for their next token, too.
        int generating =
                (int) running.stream().filter(each -> each.pending() == 1).count();
        int room = Math.min(limits.stepTokens() - plan.size(), prefill.tokens(generating));
        int scored = limits.scoredTokens();
        for (Sequence sequence : entering) {
            if (sequence.pending() > 1 && room > 0) {
                int tokens =
                        Math.min(sequence.pendingToCheckpoint(), sequence.isScored() ? Math.min(room, scored) : room);
                scored -= sequence.isScored() ? tokens : 0;
                if (tokens > 0 && isWorthAPass(tokens, sequence, plan)) {
                    plan.add(sequence, tokens);
                    room -= tokens;
                }
            }
        }
        return plan;
    }

    /**
     * Whether a piece of a prompt should enter a step. Where passes are dear, a small one that is left of a long prompt
     * waits for the next step, behind prompts that are whole in this one.
     */
    private boolean isWorthAPass(int tokens, Sequence sequence, StepBatch plan) {
        return limits.padding() <= 1 || tokens == sequence.pending() || tokens >= SMALL_PIECE || !plan.hasPrompts();
    }

    private List<StepBatch.Share> write(StepBatch plan) {
        return plan.isEmpty() ? new ArrayList<>() : plan.writeTo(batch, slots, padded);
    }

    /** Frees its cells; it starts again before everyone who waits. */
    private void preempt(Sequence youngest) {
        running.remove(youngest);
        context.forget(youngest.slot(), 0);
        slots.release(youngest.slot());
        slots.clear(youngest.slot());
        youngest.preempt();
        preemptions++;
        waiting.addFirst(youngest);
    }

    /**
     * Refuses the sequences whose adapters made logits non-finite, which spoils the KV memory too, and those that would
     * do the same again. The others are preempted and start again in an empty one.
     *
     * @return whether there was one; nothing of the step is of use then
     */
    private boolean endNonFinite(List<StepBatch.Share> shares) {
        List<Sequence> nonFinite = results.nonFinite(shares, padded);
        if (nonFinite.isEmpty()) {
            return false;
        }
        tooStrong.add(nonFinite.getFirst().request().adapters());
        for (Sequence sequence : List.copyOf(running)) {
            if (nonFinite.contains(sequence) || tooStrong.isHopeless(sequence)) {
                end(sequence);
                NonFiniteAdapters.refuse(sequence);
            }
        }
        waiting.takeAll(tooStrong::isHopeless).forEach(NonFiniteAdapters::refuse);
        padded.clear();
        List.copyOf(running).reversed().forEach(this::preempt);
        slots.clear();
        context.wipe();
        return true;
    }

    private void end(Sequence sequence) {
        running.remove(sequence);
        slots.release(sequence.slot());
    }

    private void undoPadding() {
        for (StepBatch.Padding padding : padded) {
            int slot = padding.slot();
            if (!context.forget(slot, padding.from())) {
                context.forget(slot, 0);
                slots.clear(slot);
            }
        }
        padded.clear();
    }

    private void observe(List<StepBatch.Share> shares, long nanos) {
        int prefilled = 0;
        int size = 0;
        for (StepBatch.Share share : shares) {
            size += share.tokens();
            prefilled += share.tokens() > 1 ? share.tokens() : 0;
        }
        prefill.observe(prefilled, size, nanos);
        turns.spent(nanos);
    }

    /**
     * Whether the sequence goes on.
     *
     * @param chosen the tokens of those that are not constrained
     */
    private boolean handOut(StepBatch.Share share, Map<Sequence, Integer> chosen) {
        Sequence sequence = share.sequence();
        boolean goesOn;
        try {
            int id = sequence.constraint().isPresent()
                    ? results.choose(sequence.constraint().get(), share)
                    : requireNonNull(chosen.get(sequence));
            boolean end = vocabulary.isEnd(id) && !sequence.request().ignoreEnd();
            byte[] piece = end ? NO_TEXT : vocabulary.piece(id);
            boolean over =
                    end || sequence.constraint().map(TextConstraint::isOver).orElse(false);
            goesOn = sequence.accept(results.token(sequence, id, piece, share.output()), over);
        } catch (EngineException.Refused e) {
            end(sequence);
            sequence.fail(e);
            return false;
        }
        if (!goesOn) {
            end(sequence);
            sequence.close();
        }
        return goesOn;
    }

    /** Ends everything that is under way. */
    void failAll(EngineException cause) {
        for (Iterator<Sequence> all = running.iterator(); all.hasNext(); all.remove()) {
            Sequence next = all.next();
            slots.release(next.slot());
            next.fail(cause);
        }
        waiting.drain().forEach(sequence -> sequence.fail(cause));
    }

    /** Puts on disk, if there is a cache, what would be lost; within a few seconds. Nothing may be under way. */
    void putAway() {
        slots.putAway(slot -> context.save(slot, SequenceState.Part.WHOLE), System.nanoTime() + PUTTING_AWAY.toNanos());
    }

    void close() {
        results.close();
        slots.close();
        batch.close();
    }
}
