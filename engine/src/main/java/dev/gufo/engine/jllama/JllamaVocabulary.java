package dev.gufo.engine.jllama;

import dev.gufo.engine.Framing;
import dev.gufo.engine.llama.SpecialTokens;
import dev.gufo.template.Rendering;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Text to token ids and back. Immutable, any thread.
 *
 * <p>The library's tokenizer takes the name of a control token for that token, whoever wrote it. So it never sees such
 * a name: those that the template writes are taken out before, as ids, and what the request wrote is cut behind the
 * first character of each, both sides being tokenized apart. An input for vectors gets a space there instead: the
 * library takes such inputs as one text.
 */
final class JllamaVocabulary {
    private static final Pattern ACCENTS = Pattern.compile("\\p{Mn}+");
    private static final int BYTES = 256;

    /** What bytes that are no character are in a text. */
    private static final char UNREADABLE = '\ufffd';

    /** No character has it. */
    private static final int UNREADABLE_BYTE = 0xff;

    /** For private use, so that vocabularies have no token for it. */
    private static final String UNKNOWN = "\ue000";

    private final VocabularyFile file;
    private final Function<String, int[]> encoder;
    private final SpecialTokens special;
    private final Map<Character, List<String>> names = new HashMap<>(); // of control tokens, by their first character
    private final byte[][] pieces;
    private final Map<String, Integer> byText = new HashMap<>();
    private final int[] byByte = new int[BYTES]; // tokens that stand for a byte; -1 where there is none

    /**
     * @param encoder tokens of a text, also those whose names it holds
     * @param decoder bytes of a token
     */
    JllamaVocabulary(VocabularyFile file, Function<String, int[]> encoder, IntFunction<byte[]> decoder) {
        this.file = file;
        this.encoder = encoder;
        special = new SpecialTokens(entries(file::isControl), entries(file::isUserDefined));
        IntStream.range(0, file.size())
                .filter(file::isControl)
                .mapToObj(file.texts()::get)
                .filter(name -> !name.isEmpty())
                .forEach(name -> names.computeIfAbsent(name.charAt(0), _ -> new ArrayList<>())
                        .add(name));
        pieces = new byte[file.size()][];
        Arrays.fill(byByte, -1);
        for (int token = 0; token < pieces.length; token++) {
            pieces[token] = decoder.apply(token);
            note(token);
        }
    }

    private List<SpecialTokens.Entry> entries(IntPredicate which) {
        return IntStream.range(0, file.size())
                .filter(which)
                .mapToObj(token -> new SpecialTokens.Entry(
                        file.texts().get(token), token, false, file.isControl(token) && file.stripsRight(token)))
                .toList();
    }

    /** A text may belong to two tokens, one of which stands for a byte of what has no token: that is hardly the one. */
    private void note(int token) {
        if (file.isByte(token) && pieces[token].length == 1) {
            byByte[Byte.toUnsignedInt(pieces[token][0])] = token;
        }
        text(pieces[token])
                .ifPresent(text -> byText.merge(
                        text, token, (known, other) -> file.isByte(known) && !file.isByte(other) ? other : known));
    }

    private static Optional<String> text(byte[] piece) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(piece))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty(); // a part of a character
        }
    }

    VocabularyFile file() {
        return file;
    }

    /** What a token adds to the text; a control token's name; not to be changed. */
    byte[] piece(int token) {
        return pieces[token];
    }

    /** Text of a token as the file has it; {@code ""} of none. */
    String name(int token) {
        return token < 0 ? "" : file.texts().get(token);
    }

    /** The token ids of a text: control tokens are found in its trusted segments only. */
    int[] tokenize(Rendering text, Framing framing) {
        IntStream.Builder found = IntStream.builder();
        for (SpecialTokens.Part part : special.split(text)) {
            switch (part) {
                case SpecialTokens.Part.Token(int id) -> found.add(id);
                case SpecialTokens.Part.Text(String plain) ->
                    Arrays.stream(framing == Framing.INPUT ? tokenizeInput(plain) : tokenizePlain(plain))
                            .forEach(found::add);
            }
        }
        int[] ids = found.build().toArray();
        boolean begins = framing != Framing.NONE && file.begin() >= 0 && (ids.length == 0 || ids[0] != file.begin());
        boolean ends = framing == Framing.INPUT && file.inputEnd() >= 0;
        return IntStream.concat(
                        begins ? IntStream.of(file.begin()) : IntStream.empty(),
                        IntStream.concat(Arrays.stream(ids), ends ? IntStream.of(file.inputEnd()) : IntStream.empty()))
                .toArray();
    }

    /** The ids of a text, none of which is a control token. */
    private int[] tokenizePlain(String text) {
        String plain = normalized(text);
        IntStream.Builder ids = IntStream.builder();
        int from = 0;
        for (int at = 0; at < plain.length(); at++) {
            if (holdsName(plain, at)) {
                int cut = plain.offsetByCodePoints(at, 1);
                Arrays.stream(encoder.apply(plain.substring(from, cut))).forEach(ids::add);
                from = cut;
            }
        }
        Arrays.stream(encoder.apply(plain.substring(from))).forEach(ids::add);
        return ids.build().toArray();
    }

    /** The same, and there is a text that these are the ids of. */
    private int[] tokenizeInput(String text) {
        String plain = normalized(text);
        var broken = new StringBuilder();
        int from = 0;
        for (int at = 0; at < plain.length(); at++) {
            if (holdsName(plain, at)) {
                int cut = plain.offsetByCodePoints(at, 1);
                broken.append(plain, from, cut).append(' ');
                from = cut;
            }
        }
        String whole = broken.append(plain, from, plain.length()).toString();
        for (int at = 0; from > 0 && at < whole.length(); at++) {
            if (holdsName(whole, at)) {
                throw JllamaFields.unsupported("input"); // a name that has a space there
            }
        }
        return encoder.apply(whole);
    }

    private String normalized(String text) {
        return file.wordPiece() ? withoutAccents(text) : text;
    }

    private boolean holdsName(String text, int at) {
        for (String name : names.getOrDefault(text.charAt(at), List.of())) {
            if (text.startsWith(name, at)) {
                if (name.codePointCount(0, name.length()) == 1) {
                    throw JllamaFields.unsupported("messages"); // it can't be cut
                }
                return true;
            }
        }
        return false;
    }

    /** As BERT's normalizer has it; the library does it too, but takes Korean syllables apart wrongly. */
    private static String withoutAccents(String text) {
        return ACCENTS.matcher(Normalizer.normalize(text, Normalizer.Form.NFD)).replaceAll("");
    }

    /**
     * The tokens that most likely made up a text that was generated.
     *
     * @return one, or several where the text is a character that no token has; none of an empty text
     */
    int[] tokensOf(String text) {
        Integer one = byText.get(text);
        if (one != null && !text.isEmpty()) {
            return new int[] {one};
        }
        return Arrays.stream(byByte).allMatch(token -> token >= 0) ? spelledOut(text) : encoder.apply(text);
    }

    /**
     * A vocabulary with tokens for bytes spells such a character out in them. The tokenizer would give those too, but
     * may put a token for a space in front. Bytes that are no character come with the text behind them.
     */
    private int[] spelledOut(String text) {
        int readable = 0;
        while (readable < text.length() && text.charAt(readable) == UNREADABLE) {
            readable++;
        }
        String rest = text.substring(readable);
        Integer one = byText.get(rest);
        byte[] bytes = rest.getBytes(StandardCharsets.UTF_8);
        return IntStream.concat(
                        IntStream.generate(() -> byByte[UNREADABLE_BYTE]).limit(readable),
                        one != null && !rest.isEmpty()
                                ? IntStream.of(one)
                                : IntStream.range(0, bytes.length).map(i -> byByte[Byte.toUnsignedInt(bytes[i])]))
                .toArray();
    }

    /**
     * The text whose tokens in their frame these are.
     *
     * @param input an input for vectors
     * @return empty if there is none: the library takes texts only
     */
    Optional<String> textOf(int[] input) {
        int from = file.begin() >= 0 ? 1 : 0;
        int to = input.length - (file.inputEnd() >= 0 ? 1 : 0);
        if (from > to
                || (from == 1 && input[0] != file.begin())
                || (to < input.length && input[to] != file.inputEnd())) {
            return Optional.empty();
        }
        int[] inner = Arrays.copyOfRange(input, from, to);
        // The name of the token for what is unknown is not always read as the unknown text was.
        return Stream.of(joined(inner, false), joined(inner, true))
                .distinct()
                // A vocabulary may put a space in front of every text.
                .flatMap(text ->
                        IntStream.rangeClosed(0, text.startsWith(" ") ? 1 : 0).mapToObj(text::substring))
                .filter(candidate -> Arrays.equals(encoder.apply(candidate), inner))
                .findFirst();
    }

    private String joined(int[] tokens, boolean withoutNames) {
        var bytes = new ByteArrayOutputStream();
        for (int token : tokens) {
            bytes.writeBytes(
                    withoutNames && file.isUnknown(token) ? UNKNOWN.getBytes(StandardCharsets.UTF_8) : pieces[token]);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
