package dev.gufo.engine.llama;

import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The functions by which a context tells the hidden states of its tokens, which layers that predict ahead go on from.
 * They are no part of llama.cpp's C API yet, so libraries may lack them; their names are those that a C++ compiler for
 * Linux gives them.
 *
 * @param keep has a context keep the states: of all tokens of a batch, or of those whose logits are asked for
 * @param row the state of a token of the last batch; waits for the device
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-ext.h">llama_set_embeddings_nextn and
 *     llama_get_embeddings_nextn_ith, llama-ext.h of llama.cpp 0.5.0</a>
 */
record HiddenStates(MethodHandle keep, MethodHandle row) {
    static final String KEEP = "_Z26llama_set_embeddings_nextnP13llama_contextbb";
    static final String ROW = "_Z30llama_get_embeddings_nextn_ithP13llama_contexti";

    /** Looks them up; empty if one is missing. */
    static Optional<HiddenStates> find() {
        return C.optionalProcedure(KEEP, C.POINTER, C.BOOL, C.BOOL)
                .flatMap(keep ->
                        C.optionalFunction(ROW, C.POINTER, C.POINTER, C.INT).map(row -> new HiddenStates(keep, row)));
    }
}
