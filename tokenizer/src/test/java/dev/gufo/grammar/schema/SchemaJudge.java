package dev.gufo.grammar.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.format.EmailFormat;
import com.networknt.schema.format.Format;
import com.networknt.schema.format.IdnEmailFormat;
import java.util.List;
import java.util.regex.Pattern;

/** Reads and judges sentences with libraries that know nothing of grammars. */
public final class SchemaJudge {
    static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();
    private static final ObjectMapper DOUBLES = JsonMapper.builder().build();
    private static final SchemaRegistry REGISTRY = SchemaRegistry.withDialect(Dialect.builder(Dialects.getDraft202012())
            .format(new AnyTopLevelDomain(new EmailFormat()))
            .format(new AnyTopLevelDomain(new IdnEmailFormat()))
            .build());

    /** Addresses as the library judges them, but with top-level domains that its list has not. */
    private record AnyTopLevelDomain(Format library) implements Format {
        private static final Pattern TOP_LEVEL = Pattern.compile("(?<=[.@])[A-Za-z]{2,63}$");

        @Override
        public String getName() {
            return library.getName();
        }

        @Override
        public boolean matches(ExecutionContext context, String address) {
            return library.matches(context, TOP_LEVEL.matcher(address).replaceFirst("com"));
        }
    }

    private final Schema schema;

    /** @param schema as plain values, draft 2020-12 */
    public SchemaJudge(Object schema) {
        this.schema = REGISTRY.getSchema(JSON.<JsonNode>valueToTree(schema));
    }

    /** The schema in {@code json} as plain Java. */
    static Object plain(String json) {
        try {
            return JSON.readValue(json, Object.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    /**
     * What is wrong with a sentence: empty if it is JSON and satisfies the schema, read with exact numbers and with
     * doubles.
     */
    public List<String> faults(String sentence) {
        try {
            List<String> faults = faults(JSON.readTree(sentence));
            return faults.isEmpty() ? faults(DOUBLES.readTree(sentence)) : faults;
        } catch (JsonProcessingException e) {
            return List.of("not JSON: " + e.getMessage());
        }
    }

    private List<String> faults(JsonNode value) {
        return schema
                .validate(value, context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)))
                .stream()
                .map(Object::toString)
                .toList();
    }
}
