package dev.gufo.grammar.schema;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What kind of JSON a text between marks may stand for. */
public enum ValueType {
    STRING,
    NUMBER,
    BOOLEAN,
    NULL,
    ARRAY,
    OBJECT;

    /**
     * The type of a plain value.
     *
     * @param value null, {@link Boolean}, {@link Number}, {@link String}, {@link List} or a map
     */
    public static ValueType of(@Nullable Object value) {
        return switch (value) {
            case null -> NULL;
            case Boolean _ -> BOOLEAN;
            case Number _ -> NUMBER;
            case String _ -> STRING;
            case List<?> _ -> ARRAY;
            default -> OBJECT;
        };
    }
}
