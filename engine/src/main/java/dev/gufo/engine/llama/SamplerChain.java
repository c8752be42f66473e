package dev.gufo.engine.llama;

import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code struct llama_sampler}: the chain that chooses one request's tokens, with its memory of what it chose. Built on
 * any thread, then used by one thread at a time. Samplers that would change nothing are left out.
 *
 * <p>What is random of a token follows from the seed, its place in the answer and which draw it is there, and not from
 * the draws before. So an answer can be gone on with by another chain, which is told its tokens.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama_sampler_init_*, llama.h of
 *     llama.cpp 0.5.0</a>
 */
public final class SamplerChain implements AutoCloseable {
    private static final StructLayout CHAIN_PARAMS =
            MemoryLayout.structLayout(C.BOOL.withName("no_perf")).withName("llama_sampler_chain_params");
    private static final StructLayout LOGIT_BIAS = MemoryLayout.structLayout(
                    C.INT.withName("token"), C.FLOAT.withName("bias"))
            .withName("llama_logit_bias");
    static final StructLayout TOKEN_DATA = MemoryLayout.structLayout(
                    C.INT.withName("id"), C.FLOAT.withName("logit"), C.FLOAT.withName("p"))
            .withName("llama_token_data");
    private static final StructLayout TOKEN_DATA_ARRAY = MemoryLayout.structLayout(
                    C.POINTER.withName("data"),
                    C.SIZE.withName("size"),
                    C.LONG.withName("selected"),
                    C.BOOL.withName("sorted"),
                    MemoryLayout.paddingLayout(7))
            .withName("llama_token_data_array");
    private static final MethodHandle CHAIN = C.function("llama_sampler_chain_init", C.POINTER, CHAIN_PARAMS);
    private static final MethodHandle ADD = C.procedure("llama_sampler_chain_add", C.POINTER, C.POINTER);
    private static final MethodHandle FREE = C.procedure("llama_sampler_free", C.POINTER);
    private static final MethodHandle ACCEPT = C.procedure("llama_sampler_accept", C.POINTER, C.INT);
    private static final MethodHandle APPLY = C.procedure("llama_sampler_apply", C.POINTER, C.POINTER);
    private static final MethodHandle GREEDY = C.function("llama_sampler_init_greedy", C.POINTER);
    private static final MethodHandle DRAW = C.function("llama_sampler_init_dist", C.POINTER, C.INT);
    private static final MethodHandle TOP_N_SIGMA = C.function("llama_sampler_init_top_n_sigma", C.POINTER, C.FLOAT);
    private static final MethodHandle TOP_K = C.function("llama_sampler_init_top_k", C.POINTER, C.INT);
    private static final MethodHandle TOP_P = keepingOne("llama_sampler_init_top_p");
    private static final MethodHandle MIN_P = keepingOne("llama_sampler_init_min_p");
    private static final MethodHandle TYPICAL = keepingOne("llama_sampler_init_typical");
    private static final MethodHandle TEMPERATURE = C.function("llama_sampler_init_temp", C.POINTER, C.FLOAT);
    private static final MethodHandle XTC =
            C.function("llama_sampler_init_xtc", C.POINTER, C.FLOAT, C.FLOAT, C.SIZE, C.INT);
    private static final MethodHandle PENALTIES =
            C.function("llama_sampler_init_penalties", C.POINTER, C.INT, C.INT, C.FLOAT, C.FLOAT, C.FLOAT);
    private static final MethodHandle DRY = C.function(
            "llama_sampler_init_dry", C.POINTER, C.POINTER, C.FLOAT, C.FLOAT, C.INT, C.INT, C.POINTER, C.SIZE);
    private static final MethodHandle BIAS =
            C.function("llama_sampler_init_logit_bias", C.POINTER, C.INT, C.INT, C.POINTER);

    /** llama.cpp takes this seed as "draw one". */
    private static final int RANDOM_SEED = 0xFFFFFFFF;

    private static final long KEEP_ONE = 1;

    /** With so many recent tokens whose logits are changed, looking for the most likely of the others pays no more. */
    private static final int MOST_RECENT = 512;

    private final MemorySegment pointer; // biases, penalties and filters, which draw nothing
    private final Vocabulary vocabulary;
    private final Sampling sampling;
    private final boolean drawing; // else the most likely token is taken
    private int position; // of the next token in the answer
    private int draws; // for the token at this position
    private final BitSet biased = new BitSet();
    private int kept;
    private int[] recent = {}; // the tokens that penalties look at, in a ring
    private long remembered; // how many were put into it
    private int looksBack;
    private boolean closed;

    /**
     * @param sampling in the ranges that it states; its token ids in the vocabulary
     * @param contextTokens what looks back farther is cut to this
     */
    public SamplerChain(Vocabulary vocabulary, Sampling sampling, int contextTokens) {
        this.vocabulary = vocabulary;
        this.sampling = sampling;
        this.drawing = sampling.uses(SamplingParameter.TEMPERATURE);
        try (Arena arena = Arena.ofConfined()) {
            pointer = newChain(arena);
            addBiases(sampling.logitBias(), arena);
            addPenalties(sampling, contextTokens, arena);
            kept = kept(sampling);
            if (drawing) {
                addFilters(sampling);
            } else {
                add((MemorySegment) GREEDY.invokeExact());
            }
        } catch (Throwable t) {
            throw C.wrongSignature("llama_sampler_init_*", t);
        }
    }

    private static MemorySegment newChain(Arena arena) throws Throwable {
        MemorySegment params = arena.allocate(CHAIN_PARAMS);
        params.set(C.BOOL, 0, true);
        return (MemorySegment) CHAIN.invokeExact(params);
    }

    /** What comes before the k most likely are taken must change the logits of known tokens only. */
    private static int kept(Sampling sampling) {
        if (sampling.dry().multiplier() != 0f) {
            return 0;
        }
        if (!sampling.uses(SamplingParameter.TEMPERATURE)) {
            return 1;
        }
        return sampling.uses(SamplingParameter.TOP_N_SIGMA) || !sampling.uses(SamplingParameter.TOP_K)
                ? 0
                : sampling.whole(SamplingParameter.TOP_K);
    }

    private void addBiases(Map<Integer, Float> requested, Arena arena) throws Throwable {
        Map<Integer, Float> biases = new LinkedHashMap<>(requested);
        for (int token : vocabulary.suppressed()) {
            biases.put(token, Float.NEGATIVE_INFINITY);
        }
        if (biases.isEmpty()) {
            return;
        }
        MemorySegment array = arena.allocate(LOGIT_BIAS, biases.size());
        long index = 0;
        for (Map.Entry<Integer, Float> bias : biases.entrySet()) {
            biased.set(bias.getKey());
            long at = LOGIT_BIAS.byteSize() * index++;
            array.set(C.INT, at + LOGIT_BIAS.byteOffset(PathElement.groupElement("token")), bias.getKey());
            array.set(C.FLOAT, at + LOGIT_BIAS.byteOffset(PathElement.groupElement("bias")), bias.getValue());
        }
        add((MemorySegment) BIAS.invokeExact(vocabulary.size(), biases.size(), array));
    }

    private void addPenalties(Sampling sampling, int contextTokens, Arena arena) throws Throwable {
        if (sampling.hasPenalties()) {
            int recentTokens = lookBack(sampling.whole(SamplingParameter.REPEAT_LAST_N), contextTokens);
            recent = new int[recentTokens];
            add((MemorySegment) PENALTIES.invokeExact(
                    vocabulary.size(),
                    recentTokens,
                    sampling.number(SamplingParameter.REPEAT_PENALTY),
                    sampling.number(SamplingParameter.FREQUENCY_PENALTY),
                    sampling.number(SamplingParameter.PRESENCE_PENALTY)));
        }
        Sampling.Dry dry = sampling.dry();
        if (dry.multiplier() != 0f) {
            MemorySegment breakers = strings(dry.breakers(), arena);
            add((MemorySegment) DRY.invokeExact(
                    vocabulary.pointer(),
                    dry.multiplier(),
                    dry.base(),
                    dry.allowedLength(),
                    lookBack(dry.penaltyLastN(), contextTokens),
                    breakers,
                    (long) dry.breakers().size()));
        }
    }

    /** In the order of llama.cpp's own chain, up to what is random. */
    private void addFilters(Sampling sampling) throws Throwable {
        addFilter(TOP_N_SIGMA, sampling, SamplingParameter.TOP_N_SIGMA);
        if (sampling.uses(SamplingParameter.TOP_K)) {
            add((MemorySegment) TOP_K.invokeExact(sampling.whole(SamplingParameter.TOP_K)));
        }
        addFilter(TYPICAL, sampling, SamplingParameter.TYPICAL_P);
        addFilter(TOP_P, sampling, SamplingParameter.TOP_P);
        addFilter(MIN_P, sampling, SamplingParameter.MIN_P);
    }

    /** The end of llama.cpp's own chain, with generators for the next draw. */
    private void draw(MemorySegment array, Arena arena) throws Throwable {
        MemorySegment chain = newChain(arena);
        try {
            if (sampling.uses(SamplingParameter.XTC_PROBABILITY)) {
                MemorySegment xtc = (MemorySegment) XTC.invokeExact(
                        sampling.number(SamplingParameter.XTC_PROBABILITY),
                        sampling.number(SamplingParameter.XTC_THRESHOLD),
                        KEEP_ONE,
                        nextSeed());
                ADD.invokeExact(chain, xtc);
            }
            MemorySegment temperature =
                    (MemorySegment) TEMPERATURE.invokeExact(sampling.number(SamplingParameter.TEMPERATURE));
            ADD.invokeExact(chain, temperature);
            MemorySegment dist = (MemorySegment) DRAW.invokeExact(nextSeed());
            ADD.invokeExact(chain, dist);
            APPLY.invokeExact(chain, array);
        } finally {
            FREE.invokeExact(chain);
        }
    }

    /**
     * Of the next draw at this position, all bits mixed well, as neighbouring seeds must have nothing in common:
     * Stafford's variant 13 of MurmurHash3's finalizer, as in {@link java.util.SplittableRandom}.
     */
    private int nextSeed() {
        long bits = ((long) sampling.seed() << 32) ^ ((long) position << 3) ^ draws++;
        bits = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        bits = (bits ^ (bits >>> 27)) * 0x94d049bb133111ebL;
        int seed = (int) ((bits ^ (bits >>> 31)) >>> 32);
        return seed == RANDOM_SEED ? RANDOM_SEED - 1 : seed;
    }

    private void addFilter(MethodHandle init, Sampling sampling, SamplingParameter parameter) throws Throwable {
        if (sampling.uses(parameter)) {
            add((MemorySegment) init.invokeExact(sampling.number(parameter)));
        }
    }

    /** A filter of one number that keeps at least one token. */
    private static MethodHandle keepingOne(String init) {
        return MethodHandles.insertArguments(C.function(init, C.POINTER, C.FLOAT, C.SIZE), 1, KEEP_ONE);
    }

    private void add(MemorySegment sampler) throws Throwable {
        ADD.invokeExact(pointer, sampler); // the chain owns it now
    }

    /** The tokens that a sampler looks back at; remembers the most of all. */
    private int lookBack(int tokens, int contextTokens) {
        int within = tokens < 0 ? contextTokens : Math.min(tokens, contextTokens);
        looksBack = Math.max(looksBack, within);
        return within;
    }

    private static MemorySegment strings(List<String> texts, Arena arena) {
        MemorySegment array = arena.allocate(C.POINTER, Math.max(1, texts.size()));
        for (int i = 0; i < texts.size(); i++) {
            array.setAtIndex(C.POINTER, i, arena.allocateFrom(texts.get(i)));
        }
        return array;
    }

    /**
     * How many of the most likely tokens it looks at, once biases and penalties have changed the logits of
     * {@link #touched}; 0 if it has to see all.
     */
    int kept() {
        return recent.length > MOST_RECENT ? 0 : kept;
    }

    /** Tokens whose logits it changes before it keeps the most likely; to be read, and good until the next token. */
    BitSet touched() {
        if (recent.length == 0 || kept() == 0) {
            return biased;
        }
        BitSet tokens = (BitSet) biased.clone();
        for (int i = 0; i < Math.min(remembered, recent.length); i++) {
            tokens.set(recent[i]);
        }
        return tokens;
    }

    /**
     * Chooses one of some tokens, without remembering it yet.
     *
     * @param data of {@code size} tokens, at least one; is overwritten
     */
    int choose(MemorySegment data, int size) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment array = call.allocate(TOKEN_DATA_ARRAY);
            array.set(C.POINTER, 0, data);
            array.set(C.SIZE, 8, size);
            array.set(C.LONG, 16, -1L);
            array.set(C.BOOL, 24, false);
            APPLY.invokeExact(pointer, array);
            if (drawing) {
                draw(array, call);
            }
            long selected = array.get(C.LONG, 16);
            if (selected < 0 || selected >= array.get(C.SIZE, 8)) {
                throw new DecodeFailed("no token could be chosen from the model's logits");
            }
            MemorySegment chosen = C.array(array.get(C.POINTER, 0), 3 * (selected + 1), C.INT);
            return chosen.get(C.INT, selected * TOKEN_DATA.byteSize());
        } catch (DecodeFailed e) {
            throw e;
        } catch (Throwable t) {
            throw C.wrongSignature("llama_sampler_apply", t);
        }
    }

    /** Remembers a token of the answer; the next choice is of the one behind it. */
    public void accept(int token) {
        remember(token);
        position++;
        draws = 0;
    }

    private void remember(int token) {
        if (recent.length > 0) {
            recent[(int) (remembered++ % recent.length)] = token;
        }
        try {
            ACCEPT.invokeExact(pointer, token);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_sampler_accept", t);
        }
    }

    /** Remembers the end of a prompt, as far as penalties look back. */
    public void acceptPrompt(int[] prompt) {
        for (int i = Math.max(0, prompt.length - looksBack); i < prompt.length; i++) {
            remember(prompt[i]);
        }
    }

    /** Remembers the beginning of an answer that another chain chose. */
    public void acceptAnswer(int[] tokens) {
        for (int token : tokens) {
            accept(token);
        }
    }

    /** Idempotent. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            FREE.invokeExact(pointer);
        } catch (Throwable t) {
            throw C.wrongSignature("llama_sampler_free", t);
        }
    }
}
