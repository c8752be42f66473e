package dev.gufo.tokenizer;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * OpenAI's published encodings. Each is read when it is first used and takes tens of megabytes from then on.
 *
 * @see <a href="https://github.com/openai/tiktoken">tiktoken</a>, whose encodings these are
 */
public enum OpenAiEncoding implements Tokenizer {
    /** Of GPT-3.5 and GPT-4. */
    CL100K_BASE("cl100k_base", EncodingType.CL100K_BASE),
    /** Of GPT-4o and later models. */
    O200K_BASE("o200k_base", EncodingType.O200K_BASE);

    /** Longest text without a break that is encoded, in characters: the library takes tens of bytes for each. */
    public static final int MAX_RUN = 64 << 10;

    private static final int PIECE = 8 << 10;

    private final String id;
    private final EncodingType type;

    OpenAiEncoding(String id, EncodingType type) {
        this.id = id;
        this.type = type;
    }

    /** Holds what was read; a class of its own, so that naming an encoding reads nothing. */
    private static final class Registry {
        static final com.knuddels.jtokkit.api.EncodingRegistry READ = Encodings.newLazyEncodingRegistry();
    }

    /** The encoding of this name, for instance {@code o200k_base}. */
    public static Optional<OpenAiEncoding> named(String id) {
        for (OpenAiEncoding encoding : values()) {
            if (encoding.id.equals(id)) {
                return Optional.of(encoding);
            }
        }
        return Optional.empty();
    }

    /** Its name. */
    public String id() {
        return id;
    }

    /**
     * The text in pieces whose ids, one piece after the other, are those of the whole: each takes little memory and
     * time. Only one without spaces or punctuation may be longer than {@link #MAX_RUN}, and is not to be encoded.
     */
    public static List<String> pieces(String text) {
        return TextBreaks.pieces(text, PIECE);
    }

    /**
     * Memory and time grow with the length of {@code text}, and steeply where it has no break: see
     * {@link #pieces(String)}.
     */
    @Override
    public int[] encode(String text) {
        return read().encodeOrdinary(wellFormed(text)).toArray();
    }

    @Override
    public int count(String text) {
        return read().countTokensOrdinary(wellFormed(text));
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        byte[][] pieces = new byte[tokens.length][];
        IntArrayList one = new IntArrayList(1);
        for (int i = 0; i < tokens.length; i++) {
            one.clear();
            one.add(tokens[i]);
            try {
                pieces[i] = read().decodeBytes(one);
            } catch (NullPointerException unknown) { // jtokkit's way to say so
                throw new IllegalArgumentException("no token %d in %s".formatted(tokens[i], id), unknown);
            }
        }
        return pieces;
    }

    /** Halves of surrogate pairs, which no UTF-8 can hold, become question marks; the library does not take them. */
    private static String wellFormed(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private Encoding read() {
        return Registry.READ.getEncoding(type);
    }
}
