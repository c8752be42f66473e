package dev.gufo.grammar.schema;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * JSON Schema to GBNF: grammars whose sentences are JSON and satisfy a schema, every one of them. What can't be
 * promised is refused.
 *
 * <p>Schemas are plain Java: {@code Map<String, Object>} in order, {@code List}, {@code String}, {@code Number},
 * {@code Boolean} and null. They are read as draft 2020-12, with tuples as older drafts wrote them and OpenAPI's
 * {@code nullable}.
 *
 * <p>A grammar may write less than its schema admits:
 *
 * <ul>
 *   <li>Properties come in the order of {@code properties}, then those that are only {@code required}. Others are
 *       written if {@code additionalProperties} or {@code patternProperties} invites them, or if the schema says
 *       nothing about properties.
 *   <li>Items behind {@code prefixItems} are written if {@code items} describes them or {@code minItems} demands them.
 *   <li>A schema without {@code type} writes the types that its keywords speak about.
 *   <li>Numbers have at most 18 digits (integers), or 15 before and after the point and an exponent of two, unless
 *       their bounds have more. Numbers with bounds have no exponent.
 *   <li>Whitespace is a space after commas, colons and brackets, or a new line with up to 20 spaces or 8 tabs of
 *       indentation.
 *   <li>Strings with a pattern, a format or names to avoid have only the escapes they need.
 *   <li>Repetitions beyond 10,000 are cut there.
 * </ul>
 *
 * <p>{@code format} is kept for the formats of draft 2020-12, each within what its RFC allows; other formats are
 * annotations. Unknown keywords are ignored, as JSON Schema has it. {@code not}, {@code if}, {@code oneOf} and
 * dependencies are kept as far as what they leave has a simple form; the rest is not written. {@code uniqueItems} is
 * kept for items of a few values, and for tuples whose items differ anyway. {@code contains} is kept by the first
 * items. Beside {@code enum} and {@code const}, whose values are judged one by one, {@code maxContains} is kept too.
 * {@code unevaluatedProperties} is kept beside {@code allOf} and {@code $ref}, and {@code $dynamicRef} where it can
 * lead to one place only.
 */
public final class JsonSchemaGrammar {
    private static final Pattern ROOT_NAME = Pattern.compile("[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*");

    private JsonSchemaGrammar() {}

    /** A grammar for any JSON object; its first rule is {@code root}. */
    public static String ofAnyJson() {
        return of(Map.of("type", "object"));
    }

    /**
     * A grammar for the values of {@code schema}; its first rule is {@code root}.
     *
     * @throws UnsupportedSchema naming keyword and path, if the schema is malformed, can't be kept for sure, allows
     *     nothing or is too large
     */
    public static String of(Object schema) {
        return rules(schema, "root");
    }

    /**
     * The same with another name for the first rule, so that several schemas fit into one grammar: rules of different
     * roots never share a name.
     *
     * @param rootName letters and digits, parted by single dashes
     * @throws IllegalArgumentException for another name
     * @throws UnsupportedSchema as {@link #of}
     */
    public static String rules(Object schema, String rootName) {
        requireName(rootName);
        return SchemaCompiler.compile(schema, rootName, SchemaLimits.DEFAULT);
    }

    /**
     * The same for the arguments of a call: of the schema's values only objects, whatever else it allows.
     *
     * @param marks between which the members stand one by one, and nothing around them; empty if the object is JSON
     * @throws IllegalArgumentException for another name
     * @throws UnsupportedSchema as {@link #of}
     */
    public static String arguments(Object schema, String rootName, Optional<MarkedMembers> marks) {
        requireName(rootName);
        return SchemaCompiler.compileObjects(schema, rootName, SchemaLimits.DEFAULT, marks);
    }

    /**
     * A grammar for those of the schema's values that are strings, as they are, and a mark behind them. No string holds
     * the mark.
     *
     * @throws IllegalArgumentException for another name
     * @throws UnsupportedSchema as {@link #of}
     */
    public static String strings(Object schema, String rootName, String end) {
        requireName(rootName);
        return SchemaCompiler.compileStrings(schema, rootName, SchemaLimits.DEFAULT, end);
    }

    private static void requireName(String rootName) {
        if (!ROOT_NAME.matcher(rootName).matches()) {
            throw new IllegalArgumentException("not a rule's name: " + rootName);
        }
    }
}
