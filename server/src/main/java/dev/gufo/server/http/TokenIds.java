package dev.gufo.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.error.ApiException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Token ids in a request. */
public final class TokenIds {
    /** Most ids of a text; a context holds fewer. */
    public static final int MAX_IDS = 4 << 20;

    private TokenIds() {}

    /**
     * Reads an array of ids, which are not checked against a vocabulary yet.
     *
     * @param path of the array in the request
     * @return numbers of at least 0
     * @throws ApiException naming the element that is none, or the array if it has more than {@link #MAX_IDS}
     */
    public static int[] read(JsonNode array, String path) {
        Fields.requireAtMost(MAX_IDS, array, path);
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = array.get(i);
            if (!id.canConvertToExactIntegral() || !id.canConvertToInt() || id.intValue() < 0) {
                throw Fields.wrong("%s[%d]".formatted(path, i), "a token id", id);
            }
            ids[i] = id.intValue();
        }
        return ids;
    }

    /**
     * Checks ids against a vocabulary.
     *
     * @throws ApiException naming the first that is not in it
     */
    public static void requireInVocabulary(int[] ids, int vocabularySize, String path) {
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] >= vocabularySize) {
                throw ApiException.invalid(
                        "%s[%d]".formatted(path, i),
                        "The token %d is not in the vocabulary of %d tokens.".formatted(ids[i], vocabularySize));
            }
        }
    }

    /**
     * The text that tokens are together.
     *
     * @param pieces what each of them adds, possibly parts of UTF-8 sequences
     */
    public static String text(byte[][] pieces) {
        var bytes = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            bytes.writeBytes(piece);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
