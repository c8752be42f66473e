package dev.gufo.server.embeddings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import dev.gufo.server.policy.ContentChecks.Passage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A reranking request whose fields have their types and ranges. Unknown fields are ignored.
 *
 * @param query not empty
 * @param documents 1 to {@link #MAX_DOCUMENTS}
 * @param best how many results are wanted, at least 1
 * @param returnDocuments whether results carry their texts
 */
record RerankRequest(String query, List<String> documents, int best, boolean returnDocuments) {
    static final int MAX_DOCUMENTS = 2_048;

    /** The query and the documents. */
    Stream<String> texts() {
        return Stream.concat(Stream.of(query), documents.stream());
    }

    /** What they say, by the field that has it. */
    List<Passage> passages() {
        return Stream.concat(
                        Stream.of(new Passage("query", query)),
                        IntStream.range(0, documents.size())
                                .mapToObj(i -> new Passage("documents[%d]".formatted(i), documents.get(i))))
                .toList();
    }

    /**
     * Reads a request.
     *
     * @throws ApiException if a field has a wrong type or value
     */
    static RerankRequest read(Fields fields) {
        String query = fields.text("query").orElse("");
        if (query.isEmpty()) {
            throw ApiException.invalid("query", "'query' must be a string that is not empty.");
        }
        JsonNode documents = fields.array("documents", MAX_DOCUMENTS)
                .filter(array -> !array.isEmpty())
                .orElseThrow(() -> ApiException.invalid("documents", "'documents' must hold at least one document."));
        List<String> texts = new ArrayList<>(documents.size());
        for (int i = 0; i < documents.size(); i++) {
            texts.add(document("documents[%d]".formatted(i), documents.get(i)));
        }
        long best = fields.integer("top_n", 1, Integer.MAX_VALUE).orElse((long) texts.size());
        return new RerankRequest(
                query,
                texts,
                (int) Math.min(best, texts.size()),
                fields.flag("return_documents").orElse(false));
    }

    /** A string, or an object with one in {@code text}. */
    private static String document(String path, JsonNode document) {
        JsonNode text = document.isObject() ? document.path("text") : document;
        if (!text.isTextual()) {
            throw Fields.wrong(path, "a string, or an object with a string 'text'", document);
        }
        return text.textValue();
    }
}
