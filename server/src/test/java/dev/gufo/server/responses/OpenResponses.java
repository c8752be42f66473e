package dev.gufo.server.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Whether objects and events are as Open Responses wants them; a schema of its rules is among the test resources. */
final class OpenResponses {
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final Map<String, Schema> JUDGES = new ConcurrentHashMap<>();

    private OpenResponses() {}

    static void response(JsonNode response) {
        holds("response", response);
    }

    static void event(JsonNode event) {
        holds("event", event);
    }

    static void compacted(JsonNode compaction) {
        holds("compacted", compaction);
    }

    private static void holds(String name, JsonNode value) {
        Schema judge = JUDGES.computeIfAbsent(name, OpenResponses::judge);
        assertThat(judge.validate(value.toString(), InputFormat.JSON))
                .as("%s: %s", name, value)
                .isEmpty();
    }

    /** The whole document, of which one definition is asked for. */
    private static Schema judge(String name) {
        try (InputStream schema = OpenResponses.class.getResourceAsStream("/open-responses/schema.json")) {
            String document = new String(schema.readAllBytes(), StandardCharsets.UTF_8).strip();
            return REGISTRY.getSchema(
                    document.substring(0, document.length() - 1) + ",\"$ref\":\"#/$defs/" + name + "\"}",
                    InputFormat.JSON);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
