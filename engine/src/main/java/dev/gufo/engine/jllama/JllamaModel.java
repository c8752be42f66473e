package dev.gufo.engine.jllama;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import dev.gufo.engine.EngineException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.Map;

/**
 * A model in java-llama.cpp: the calls that are made into the library, and no others. Any thread.
 *
 * <p>Three things of it have no public name. A prompt can be given as token ids, which is how tokens of the template
 * and text of a user stay apart, but its setter takes text only: so the fields of a request are put where that setter
 * would. {@code decode} makes text of bytes, which loses parts of characters: so the bytes are taken before that. And a
 * model whose parameters it could not read looks like any other, until a call ends the process: so its pointer is
 * looked at.
 *
 * <p>It is never closed: the library frees a model while its own thread may still be using it. The memory comes back
 * when the process ends, which is what unloading a model in a worker is.
 */
final class JllamaModel {
    private static final VarHandle FIELDS;
    private static final VarHandle POINTER;
    private static final MethodHandle DECODE;

    static {
        try {
            Class<?> parameters = InferenceParameters.class.getSuperclass();
            FIELDS = MethodHandles.privateLookupIn(parameters, MethodHandles.lookup())
                    .findVarHandle(parameters, "parameters", Map.class);
            MethodHandles.Lookup model = MethodHandles.privateLookupIn(LlamaModel.class, MethodHandles.lookup());
            POINTER = model.findVarHandle(LlamaModel.class, "ctx", long.class);
            DECODE = model.findVirtual(
                    LlamaModel.class, "decodeBytes", MethodType.methodType(byte[].class, int[].class));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("this is not the java-llama.cpp that Gufo was built with", e);
        }
    }

    private final LlamaModel model;

    private JllamaModel(LlamaModel model) {
        this.model = model;
    }

    /**
     * Loads a model; the library is loaded already.
     *
     * @param parameters of a file that was checked before
     * @throws EngineException.Broken if llama.cpp can't load it; why, it does not say
     */
    static JllamaModel load(ModelParameters parameters) {
        LlamaModel model;
        try {
            model = new LlamaModel(parameters);
        } catch (RuntimeException e) { // its own exceptions have no public class
            throw new EngineException.Broken(
                    "%s can't load this file (a newer kind of model, tokenizer or quantization than it knows?): %s"
                            .formatted(JllamaLibrary.VERSION, e.getMessage()),
                    e);
        }
        if ((long) POINTER.get(model) == 0) {
            throw new EngineException.Broken(JllamaLibrary.VERSION + " does not take these settings");
        }
        return new JllamaModel(model);
    }

    /** The token ids of a text; the names of special tokens in it become those tokens. */
    int[] encode(String text) {
        return text.isEmpty() ? new int[0] : model.encode(text);
    }

    /**
     * The bytes of tokens, control tokens by their names.
     *
     * @param tokens in the vocabulary: the library does not look
     */
    byte[] decode(int... tokens) {
        try {
            return (byte[]) DECODE.invokeExact(model, tokens);
        } catch (Throwable t) {
            throw new AssertionError("decodeBytes declares no exception", t);
        }
    }

    /**
     * Begins to generate.
     *
     * @param fields JSON values by the names that llama.cpp's server has for them
     * @return gives one output for each token whose text ends with a whole character, and an empty one at the end; each
     *     waits until it is there
     */
    LlamaIterator generate(Map<String, String> fields) {
        var parameters = new InferenceParameters("");
        @SuppressWarnings("unchecked") // as it is declared
        var own = (Map<String, String>) FIELDS.get(parameters);
        own.putAll(fields);
        return model.generate(parameters).iterator();
    }

    /** The vector of a text, which it puts the vocabulary's frame around; waits until it is there. */
    float[] embed(String text) {
        return model.embed(text);
    }
}
