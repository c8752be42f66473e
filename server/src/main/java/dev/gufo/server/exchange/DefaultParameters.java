package dev.gufo.server.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.http.Fields;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Fields that the operator puts into requests for a model where they have none of their own. */
final class DefaultParameters {
    /** Names of one thing: what a request says under one of them, no default under another may contradict. */
    private static final List<Set<String>> SYNONYMS = Stream.concat(
                    Stream.of(
                            Set.of("max_tokens", "max_completion_tokens"),
                            Set.of("response_format", "json_schema", "grammar")),
                    Arrays.stream(SamplingParameter.values()).map(parameter -> Set.copyOf(parameter.names())))
            .toList();

    private DefaultParameters() {}

    /** Puts {@code defaults} into a request where it says nothing; they are neither copied nor changed. */
    static void fill(Fields request, ObjectNode defaults) {
        Set<String> said = new HashSet<>();
        request.node().fieldNames().forEachRemaining(name -> {
            if (request.any(name).isPresent()) {
                said.add(name);
                SYNONYMS.stream().filter(names -> names.contains(name)).forEach(said::addAll);
            }
        });
        defaults.properties().stream()
                .filter(field -> !said.contains(field.getKey()))
                .forEach(field -> ((ObjectNode) request.node()).set(field.getKey(), field.getValue()));
    }
}
