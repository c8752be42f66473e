package dev.gufo.grammar;

import dev.gufo.grammar.DecimalPattern.Bound;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values of one type that satisfy several schemas at once. {@code nodes} are these schemas, {@code $ref} and {@code allOf} followed. */
sealed interface Shape {
    List<SchemaNode> nodes();

    /** These values and no others. */
    record Values(List<SchemaNode> nodes, List<Object> values) implements Shape {}

    /**
     * Strings.
     *
     * @param least length in code points
     * @param most length in code points, or {@link Gbnf#UNBOUNDED}
     * @param formats names of formats that are kept
     * @param excluded strings that are not meant
     */
    record Text(
            List<SchemaNode> nodes,
            int least,
            int most,
            List<Source> patterns,
            List<String> formats,
            List<String> excluded)
            implements Shape {}

    /** A pattern and where it stands. */
    record Source(SchemaNode node, String pattern) {}

    /**
     * Numbers.
     *
     * @param fraction most digits after the point: 0 for integers, empty for as many as one likes
     */
    record Numeric(List<SchemaNode> nodes, Optional<Bound> low, Optional<Bound> high, Optional<Integer> fraction)
            implements Shape {}

    /**
     * Arrays.
     *
     * @param prefix what the first items must satisfy
     * @param rest what further items must satisfy; null if none are written
     */
    record Array(List<SchemaNode> nodes, List<List<SchemaNode>> prefix, List<SchemaNode> rest, int least, int most)
            implements Shape {}

    /**
     * Objects.
     *
     * @param properties in the order in which they are written
     * @param extras other names that may be written
     */
    record Members(List<SchemaNode> nodes, Map<String, Property> properties, List<Extra> extras, int least, int most)
            implements Shape {}

    record Property(List<SchemaNode> schemas, boolean required) {}

    /**
     * Properties with names that the schema does not list.
     *
     * @param names what the name must be in, all of them
     */
    record Extra(List<StringSet> names, List<SchemaNode> schemas) {}
}
