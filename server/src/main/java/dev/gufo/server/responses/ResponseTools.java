package dev.gufo.server.responses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.gufo.server.answer.ToolUse;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tools of a request. The model knows functions only, each by one name; the client knows them by name and
 * namespace, and some take text.
 *
 * @param use what the model is shown and may call
 * @param targets what the client calls a function, by the model's name for it
 * @param served the tools that the model is shown, as the request has them
 * @param leftOut types of tools that nobody here can carry out, and grammars that can't be kept
 */
record ResponseTools(ToolUse use, Map<String, CallTarget> targets, ArrayNode served, List<String> leftOut) {
    /** The model's name for what an earlier call named. */
    String modelName(String name, Optional<String> namespace) {
        return targets.entrySet().stream()
                .filter(known -> known.getValue().name().equals(name)
                        && known.getValue().namespace().equals(namespace.orElse("")))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(name);
    }

    /** What the client calls a function that the model has called. */
    CallTarget target(String modelName) {
        return targets.getOrDefault(modelName, new CallTarget(false, modelName, ""));
    }
}
