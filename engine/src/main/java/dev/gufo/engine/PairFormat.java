package dev.gufo.engine;

import java.util.Objects;

/**
 * How a query and a document become one input: by a template, or else by tokens around them.
 *
 * @param template text with {@code {query}} and {@code {document}} in it, or {@code ""} if tokens say it all
 * @param before ids in front of the query
 * @param between ids between query and document
 * @param after ids behind the document
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/server-common.cpp">format_prompt_rerank,
 *     server-common.cpp of llama.cpp 0.5.0</a>
 */
public record PairFormat(String template, int[] before, int[] between, int[] after) {
    /** Nothing around and nothing between. */
    public static final PairFormat NONE = new PairFormat("", new int[0], new int[0], new int[0]);

    public PairFormat {
        Objects.requireNonNull(template);
        Objects.requireNonNull(before);
        Objects.requireNonNull(between);
        Objects.requireNonNull(after);
    }
}
