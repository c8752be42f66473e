package dev.gufo.engine.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * Chooses tokens from logits, with the room that this takes; one thread uses it at a time. Where a chain keeps no more
 * than its k most likely tokens anyway, it is shown these alone: llama.cpp's would fill, sort and read an array of the
 * whole vocabulary for each token, which takes longer than a step on a large GPU.
 */
public final class Chooser implements AutoCloseable {
    private final int vocabulary;
    private final Largest largest;
    private final Arena arena = Arena.ofShared();
    private MemorySegment data = MemorySegment.NULL; // until needed

    /** @param vocabulary number of tokens */
    public Chooser(int vocabulary) {
        this.vocabulary = vocabulary;
        largest = new Largest(vocabulary);
    }

    /**
     * The most likely token.
     *
     * @throws NonFinite if a logit is NaN, or none is finite
     */
    public int mostLikely(Logits logits) {
        largest.read(logits.row());
        return largest.first();
    }

    /**
     * The most likely of some tokens.
     *
     * @param among at least one token id
     */
    public int mostLikely(Logits logits, BitSet among) {
        MemorySegment row = logits.row();
        int best = among.nextSetBit(0);
        float most = row.getAtIndex(C.FLOAT, best);
        for (int token = among.nextSetBit(best + 1); token >= 0; token = among.nextSetBit(token + 1)) {
            float logit = row.getAtIndex(C.FLOAT, token);
            if (logit > most) {
                best = token;
                most = logit;
            }
        }
        return best;
    }

    /**
     * What a chain chooses, without having it remember that yet.
     *
     * @throws NonFinite if a logit is NaN, or none is finite
     */
    public int choose(SamplerChain chain, Logits logits) {
        largest.read(logits.row());
        BitSet touched = chain.touched();
        int kept = chain.kept() + touched.cardinality();
        return chain.kept() == 0 || kept > vocabulary / 4
                ? chain.choose(data(), all())
                : chain.choose(data(), few(kept, touched));
    }

    /**
     * What a chain chooses among some tokens, at least one, without having it remember that yet.
     *
     * @param among their ids
     */
    public int choose(SamplerChain chain, Logits logits, BitSet among) {
        MemorySegment row = logits.row();
        MemorySegment data = data();
        int size = 0;
        for (int token = among.nextSetBit(0); token >= 0; token = among.nextSetBit(token + 1)) {
            put(data, size++, token, row.getAtIndex(C.FLOAT, token));
        }
        return chain.choose(data, size);
    }

    private int all() {
        MemorySegment data = data();
        for (int token = 0; token < vocabulary; token++) {
            put(data, token, token, largest.at(token));
        }
        return vocabulary;
    }

    /** Those that can be among the most likely once the logits of some others were changed, and these. */
    private int few(int count, BitSet touched) {
        MemorySegment data = data();
        int size = 0;
        for (int token : largest.of(count)) {
            if (!touched.get(token)) {
                put(data, size++, token, largest.at(token));
            }
        }
        for (int token = touched.nextSetBit(0); token >= 0; token = touched.nextSetBit(token + 1)) {
            put(data, size++, token, largest.at(token));
        }
        return size;
    }

    /** Room for a {@code llama_token_data} of each token; each use overwrites it. */
    private MemorySegment data() {
        if (data.address() == 0) {
            data = arena.allocate(SamplerChain.TOKEN_DATA, vocabulary);
        }
        return data;
    }

    private static void put(MemorySegment data, long at, int token, float logit) {
        long offset = at * SamplerChain.TOKEN_DATA.byteSize();
        data.set(C.INT, offset, token);
        data.set(C.FLOAT, offset + 4, logit);
        data.set(C.FLOAT, offset + 8, 0f);
    }

    @Override
    public void close() {
        arena.close();
    }
}
