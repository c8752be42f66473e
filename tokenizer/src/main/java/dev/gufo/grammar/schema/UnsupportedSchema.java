package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

/**
 * A JSON Schema that no grammar honours here: not a schema, a keyword that can't be kept for sure, nothing that it
 * allows, or too large.
 */
public final class UnsupportedSchema extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String keyword;
    private final String path;

    /**
     * @param keyword what the refusal is about, such as {@code pattern}; {@code schema} if no single keyword is
     * @param path JSON pointer to the schema that holds the keyword; empty for the whole schema
     * @param why the rest of the sentence that names both
     */
    UnsupportedSchema(String keyword, String path, String why) {
        super(
                "'%s' %s %s".formatted(keyword, path.isEmpty() ? "at the schema's top" : "at " + path, why),
                null,
                false,
                false);
        this.keyword = keyword;
        this.path = path;
    }

    /** The keyword that is refused; {@code schema} if it is about the whole schema. */
    public String keyword() {
        return keyword;
    }

    /** JSON pointer to the schema that holds the keyword; empty for the whole schema. */
    public String path() {
        return path;
    }

    @Override
    public String getMessage() {
        return requireNonNull(super.getMessage());
    }
}
