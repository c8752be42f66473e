package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.DecimalPattern.Bound;
import dev.gufo.grammar.strings.StringSet;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Values of one type that satisfy several schemas at once. {@code nodes} are these schemas, {@code $ref} and
 * {@code allOf} followed.
 */
sealed interface Shape {
    List<SchemaNode> nodes();

    /** These values and no others. */
    record Values(List<SchemaNode> nodes, List<Object> values) implements Shape {
        /** Those that are strings. */
        List<String> strings() {
            return values.stream()
                    .filter(String.class::isInstance)
                    .map(String.class::cast)
                    .toList();
        }
    }

    /**
     * Strings.
     *
     * @param least length in code points
     * @param most length in code points, or {@link Gbnf#UNBOUNDED}
     * @param formats names of formats that are kept
     * @param avoided patterns that must not match
     * @param excluded strings that are not meant
     */
    record Text(
            List<SchemaNode> nodes,
            int least,
            int most,
            List<Source> patterns,
            List<String> formats,
            List<Source> avoided,
            List<String> excluded)
            implements Shape {}

    /** A pattern and where it stands. */
    record Source(SchemaNode node, String pattern) {}

    /**
     * Numbers.
     *
     * @param integers whether integers are meant
     * @param fractions whether other numbers are
     * @param steps numbers of which it is a multiple
     */
    record Numeric(
            List<SchemaNode> nodes,
            boolean integers,
            boolean fractions,
            Optional<Bound> low,
            Optional<Bound> high,
            List<BigDecimal> steps)
            implements Shape {}

    /**
     * Arrays.
     *
     * @param prefix what the first items must satisfy
     * @param rest what further items must satisfy; null if none are written
     * @param unique whether no two items may be equal
     */
    record Array(
            List<SchemaNode> nodes,
            List<List<SchemaNode>> prefix,
            @Nullable List<SchemaNode> rest,
            int least,
            int most,
            boolean unique)
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
