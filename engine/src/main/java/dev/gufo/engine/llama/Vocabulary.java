package dev.gufo.engine.llama;

import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo.FillInMiddle;
import dev.gufo.engine.PairFormat;
import dev.gufo.template.Rendering;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Pattern;

/**
 * {@code struct llama_vocab}: text to token ids and back. Safe for any thread while its model is open: llama.cpp only
 * reads it, and the cache of pieces is filled with equal values in whichever order.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama_vocab_*, llama_tokenize,
 *     llama.h of llama.cpp 0.5.0</a>
 */
public final class Vocabulary {
    private static final MethodHandle SIZE = C.function("llama_vocab_n_tokens", C.INT, C.POINTER);
    private static final MethodHandle TEXT = C.function("llama_vocab_get_text", C.POINTER, C.POINTER, C.INT);
    private static final MethodHandle ATTRIBUTES = C.function("llama_vocab_get_attr", C.INT, C.POINTER, C.INT);
    private static final MethodHandle IS_END = C.function("llama_vocab_is_eog", C.BOOL, C.POINTER, C.INT);
    private static final MethodHandle BOS = C.function("llama_vocab_bos", C.INT, C.POINTER);
    private static final MethodHandle EOS = C.function("llama_vocab_eos", C.INT, C.POINTER);
    private static final MethodHandle SEP = C.function("llama_vocab_sep", C.INT, C.POINTER);
    private static final MethodHandle FIM_PREFIX = C.function("llama_vocab_fim_pre", C.INT, C.POINTER);
    private static final MethodHandle FIM_SUFFIX = C.function("llama_vocab_fim_suf", C.INT, C.POINTER);
    private static final MethodHandle FIM_MIDDLE = C.function("llama_vocab_fim_mid", C.INT, C.POINTER);
    private static final MethodHandle ADD_BOS = C.function("llama_vocab_get_add_bos", C.BOOL, C.POINTER);
    private static final MethodHandle ADD_EOS = C.function("llama_vocab_get_add_eos", C.BOOL, C.POINTER);
    private static final MethodHandle ADD_SEP = C.function("llama_vocab_get_add_sep", C.BOOL, C.POINTER);
    private static final MethodHandle TYPE = C.function("llama_vocab_type", C.INT, C.POINTER);
    private static final MethodHandle SUPPRESSED =
            C.function("llama_vocab_get_suppress_tokens", C.POINTER, C.POINTER, C.POINTER);
    private static final MethodHandle TOKENIZE =
            C.function("llama_tokenize", C.INT, C.POINTER, C.POINTER, C.INT, C.POINTER, C.INT, C.BOOL, C.BOOL);
    private static final MethodHandle PIECE =
            C.function("llama_token_to_piece", C.INT, C.POINTER, C.INT, C.POINTER, C.INT, C.INT, C.BOOL);

    // enum llama_token_attr
    private static final int UNKNOWN = 1;
    private static final int CONTROL = 1 << 3;
    private static final int USER_DEFINED = 1 << 4;
    private static final int STRIPS_LEFT = 1 << 7;
    private static final int STRIPS_RIGHT = 1 << 8;

    // enum llama_vocab_type
    private static final int SENTENCE_PIECE = 1;
    private static final int BYTE_PAIRS = 2;
    /** {@code LLAMA_VOCAB_TYPE_WPM}: its inputs end with the separator. */
    private static final int WORD_PIECE = 3;

    private static final byte[] NO_TEXT = {};
    private static final Pattern ACCENTS = Pattern.compile("\\p{Mn}+");

    private final MemorySegment pointer;
    private final int size;
    private final BitSet ends;
    private final BitSet control;
    private final SpecialTokens special;
    private final int bos;
    private final int eos;
    private final boolean beginsWithBos;
    private final boolean endsWithEos;
    private final boolean separates;
    private final int sep;
    private final int inputEnd;
    private final boolean stripsAccents;
    private final Optional<FillInMiddle> fillInMiddle;
    private final int[] suppressed;
    private final int longestTokenBytes;
    private final boolean spaceInFront;
    private final boolean cuts;
    private final AtomicReferenceArray<byte[]> pieces;

    /** @param lowercase whether the model's file asks for lower case without accents, or says nothing about it */
    Vocabulary(MemorySegment pointer, boolean lowercase) {
        this.pointer = pointer;
        boolean mayCut;
        try {
            size = (int) SIZE.invokeExact(pointer);
            bos = (int) BOS.invokeExact(pointer);
            eos = (int) EOS.invokeExact(pointer);
            beginsWithBos = (boolean) ADD_BOS.invokeExact(pointer) && bos >= 0;
            endsWithEos = (boolean) ADD_EOS.invokeExact(pointer);
            separates = (boolean) ADD_SEP.invokeExact(pointer);
            sep = (int) SEP.invokeExact(pointer);
            int type = (int) TYPE.invokeExact(pointer);
            boolean wordPiece = type == WORD_PIECE;
            boolean keepsText = type == SENTENCE_PIECE || type == BYTE_PAIRS;
            inputEnd = endsWithEos ? eos : wordPiece ? sep : -1;
            stripsAccents = wordPiece && lowercase;
            fillInMiddle = readFillInMiddle(pointer);
            ends = new BitSet(size);
            control = new BitSet(size);
            List<SpecialTokens.Entry> names = new ArrayList<>();
            List<SpecialTokens.Entry> userDefined = new ArrayList<>();
            int longest = 1;
            boolean cuttable = keepsText;
            for (int token = 0; token < size; token++) {
                String text = text(token);
                longest = Math.max(longest, bytes(text, type == BYTE_PAIRS));
                cuttable &= !TextCuts.forbids(text);
                ends.set(token, (boolean) IS_END.invokeExact(pointer, token));
                int attributes = (int) ATTRIBUTES.invokeExact(pointer, token);
                control.set(token, (attributes & (CONTROL | UNKNOWN)) != 0);
                if ((attributes & (CONTROL | UNKNOWN | USER_DEFINED)) != 0) {
                    (((attributes & USER_DEFINED) == 0) ? names : userDefined)
                            .add(new SpecialTokens.Entry(
                                    text, token, (attributes & STRIPS_LEFT) != 0, (attributes & STRIPS_RIGHT) != 0));
                }
            }
            special = new SpecialTokens(names, userDefined);
            longestTokenBytes = keepsText ? longest : 0;
            mayCut = cuttable;
        } catch (Throwable t) {
            throw C.wrongSignature("llama_vocab_*", t);
        }
        suppressed = readSuppressed();
        pieces = new AtomicReferenceArray<>(size);
        spaceInFront = mayCut && beginsWithSpace(tokenizePlain("a"));
        cuts = mayCut && TextCuts.hold(this::tokenizePlain, spaceInFront);
    }

    /**
     * Length of the text that a token stands for, or a little more.
     *
     * @param byteLevel whether letters up to U+0143 stand for a byte each, as GPT-2's encoder has it
     */
    private static int bytes(String token, boolean byteLevel) {
        int bytes = 0;
        for (int i = 0; i < token.length(); i++) {
            char unit = token.charAt(i);
            boolean one = unit < 0x80 || unit == '\u2581' || (byteLevel && unit <= '\u0143');
            bytes += one ? 1 : 3;
        }
        return bytes;
    }

    private boolean beginsWithSpace(int[] tokens) {
        return tokens.length > 0 && piece(tokens[0]).length > 0 && piece(tokens[0])[0] == ' ';
    }

    /** Number of token ids. */
    public int size() {
        return size;
    }

    /** Whether a token ends the generation. */
    public boolean isEnd(int token) {
        return ends.get(token);
    }

    /** Text of the beginning-of-sequence token, or {@code ""}. */
    public String bosText() {
        return bos < 0 ? "" : text(bos);
    }

    /** Text of the end-of-sequence token, or {@code ""}. */
    public String eosText() {
        return eos < 0 ? "" : text(eos);
    }

    /** All tokens that end the generation; not to be changed. */
    public BitSet ends() {
        return ends;
    }

    /** Whether a token is a mark and no text. */
    public boolean isControl(int token) {
        return control.get(token);
    }

    /** Most bytes of text that one token can stand for; 0 if that is not known, since the tokenizer drops some text. */
    public int longestTokenBytes() {
        return longestTokenBytes;
    }

    /** The marks of a fill-in-the-middle prompt, if the vocabulary has all three. */
    public Optional<FillInMiddle> fillInMiddle() {
        return fillInMiddle;
    }

    /**
     * How a query and a document become one input of a reranking model.
     *
     * @param template the file's own, if it has one
     */
    public PairFormat pairFormat(Optional<String> template) {
        int end = eos >= 0 ? eos : sep;
        int[] atEnd = endsWithEos && end >= 0 ? new int[] {end} : new int[0];
        int[] separator = separates && sep >= 0 ? new int[] {sep} : new int[0];
        int[] between = Arrays.copyOf(atEnd, atEnd.length + separator.length);
        System.arraycopy(separator, 0, between, atEnd.length, separator.length);
        return new PairFormat(template.orElse(""), beginsWithBos ? new int[] {bos} : new int[0], between, atEnd);
    }

    /**
     * The token ids of a text: special tokens are found in its trusted segments only, and what lies between two of them
     * is tokenized as one text, whoever wrote it.
     *
     * @param most once there are more ids than these the rest of the text may be left out
     */
    public int[] tokenize(Rendering text, Framing framing, int most) {
        Tokens tokens = new Tokens();
        for (SpecialTokens.Part part : special.split(text)) {
            if (tokens.count > most) {
                break;
            }
            switch (part) {
                case SpecialTokens.Part.Token(int id) -> tokens.add(id);
                case SpecialTokens.Part.Text(String plain) -> addPlain(tokens, plain, most);
            }
        }
        if (framing != Framing.NONE && beginsWithBos && !tokens.startsWith(bos)) {
            tokens.prepend(bos);
        }
        if (framing == Framing.INPUT && inputEnd >= 0) {
            tokens.add(inputEnd);
        }
        return tokens.toArray();
    }

    private void addPlain(Tokens tokens, String text, int most) {
        if (!cuts || text.length() <= TextCuts.PIECE) {
            tokens.addAll(tokenizePlain(text));
            return;
        }
        for (String piece : TextCuts.pieces(text, TextCuts.PIECE, spaceInFront)) {
            if (tokens.count > most) {
                return;
            }
            tokens.addAll(tokenizePlain(piece));
        }
    }

    /** The ids of a text in which no special token is recognised. */
    public int[] tokenizePlain(String text) {
        byte[] utf8 = (stripsAccents ? withoutAccents(text) : text).getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment input = arena.allocate(utf8.length + 1L);
            MemorySegment.copy(utf8, 0, input, C.CHAR, 0, utf8.length);
            int room = utf8.length + 16; // a token is at least a byte, but for a space put in front
            for (; ; ) {
                MemorySegment ids = arena.allocate(C.INT, room);
                int count = (int) TOKENIZE.invokeExact(pointer, input, utf8.length, ids, room, false, false);
                if (count >= 0) {
                    return ids.asSlice(0, count * C.INT.byteSize()).toArray(ValueLayout.JAVA_INT);
                }
                room = Math.negateExact(count);
            }
        } catch (Throwable t) {
            throw C.wrongSignature("llama_tokenize", t);
        }
    }

    /**
     * As BERT's normalizer has it. llama.cpp does it too, but takes Korean syllables apart wrongly; what is apart
     * already it leaves alone.
     */
    private static String withoutAccents(String text) {
        return ACCENTS.matcher(Normalizer.normalize(text, Normalizer.Form.NFD)).replaceAll("");
    }

    /**
     * What a token adds to the text.
     *
     * @param token in [0, {@link #size})
     * @return its bytes, possibly a part of a UTF-8 sequence; the name of a control token; not to be changed
     */
    public byte[] piece(int token) {
        byte[] known = pieces.get(token);
        if (known == null) {
            known = readPiece(token);
            pieces.set(token, known);
        }
        return known;
    }

    /** Tokens that the model's file forbids to generate. */
    int[] suppressed() {
        return suppressed;
    }

    /** Tokens that the model's file forbids to generate. */
    public BitSet suppressedTokens() {
        BitSet tokens = new BitSet(size);
        for (int token : suppressed) {
            tokens.set(token);
        }
        return tokens;
    }

    /** Whether the model's file forbids to generate some tokens. */
    public boolean suppressesTokens() {
        return suppressed.length > 0;
    }

    MemorySegment pointer() {
        return pointer;
    }

    private String text(int token) {
        try {
            return C.string((MemorySegment) TEXT.invokeExact(pointer, token));
        } catch (Throwable t) {
            throw C.wrongSignature("llama_vocab_get_text", t);
        }
    }

    private byte[] readPiece(int token) {
        try (Arena arena = Arena.ofConfined()) {
            int room = 64;
            for (; ; ) {
                MemorySegment buffer = arena.allocate(room);
                int length = (int) PIECE.invokeExact(pointer, token, buffer, room, 0, true);
                if (length == 0) {
                    return NO_TEXT;
                }
                if (length > 0) {
                    return buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
                }
                room = Math.negateExact(length);
            }
        } catch (Throwable t) {
            throw C.wrongSignature("llama_token_to_piece", t);
        }
    }

    private static Optional<FillInMiddle> readFillInMiddle(MemorySegment pointer) throws Throwable {
        int prefix = (int) FIM_PREFIX.invokeExact(pointer);
        int suffix = (int) FIM_SUFFIX.invokeExact(pointer);
        int middle = (int) FIM_MIDDLE.invokeExact(pointer);
        return prefix < 0 || suffix < 0 || middle < 0
                ? Optional.empty()
                : Optional.of(new FillInMiddle(prefix, suffix, middle));
    }

    private int[] readSuppressed() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(C.INT);
            MemorySegment ids = (MemorySegment) SUPPRESSED.invokeExact(pointer, count);
            int n = count.get(C.INT, 0);
            int[] listed = n <= 0 ? new int[0] : C.array(ids, n, C.INT).toArray(ValueLayout.JAVA_INT);
            return Arrays.stream(listed).filter(id -> id >= 0 && id < size).toArray();
        } catch (Throwable t) {
            throw C.wrongSignature("llama_vocab_get_suppress_tokens", t);
        }
    }

    /** A growing list of ids. */
    private static final class Tokens {
        private int[] ids = new int[256];
        private int count;

        void add(int id) {
            addAll(new int[] {id});
        }

        void addAll(int[] more) {
            if (count + more.length > ids.length) {
                ids = Arrays.copyOf(ids, Math.max(ids.length * 2, count + more.length));
            }
            System.arraycopy(more, 0, ids, count, more.length);
            count += more.length;
        }

        boolean startsWith(int id) {
            return count > 0 && ids[0] == id;
        }

        void prepend(int id) {
            int[] longer = new int[count + 1];
            longer[0] = id;
            System.arraycopy(ids, 0, longer, 1, count);
            ids = longer;
            count++;
        }

        int[] toArray() {
            return Arrays.copyOf(ids, count);
        }
    }
}
