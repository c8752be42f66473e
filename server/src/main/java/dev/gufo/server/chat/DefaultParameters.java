package dev.gufo.server.chat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Fields that the operator puts into requests for a model where they have none of their own. */
public final class DefaultParameters {
    private static final Set<String> THE_REQUESTS_OWN = Set.of("model", "messages", "prompt", "stream", "user");

    /** Names of one thing: what a request says under one of them, no default under another may contradict. */
    private static final List<Set<String>> SYNONYMS = List.of(
            Set.of("max_tokens", "max_completion_tokens"),
            Set.of("repeat_penalty", "repetition_penalty"),
            Set.of("response_format", "json_schema", "grammar"));

    private DefaultParameters() {}

    /** Puts {@code defaults} into a request where it says nothing; they are not copied, and nobody changes them. */
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

    /**
     * Checks that requests with these fields can be read, so that the operator hears of a mistake and not the clients.
     *
     * @throws IllegalArgumentException with a sentence that names the field
     */
    public static void requireReadable(ObjectNode parameters) {
        parameters.fieldNames().forEachRemaining(name -> {
            if (THE_REQUESTS_OWN.contains(name)) {
                throw new IllegalArgumentException("'%s' belongs to requests themselves".formatted(name));
            }
        });
        var json = new ObjectMapper();
        ObjectNode chat = json.createObjectNode();
        chat.putArray("messages").addObject().put("role", "user").put("content", "");
        ObjectNode completion = json.createObjectNode().put("prompt", "");
        try {
            ChatRequest _ = ChatRequest.read(new Fields(chat.setAll(parameters), ""));
            CompletionRequest _ = CompletionRequest.read(new Fields(completion.setAll(parameters), ""));
        } catch (ApiException e) {
            throw new IllegalArgumentException(message(e.problem()), e);
        }
    }

    private static String message(Problem problem) {
        return switch (problem) {
            case Problem.Invalid(String _, String message) -> message;
            case Problem.Unsupported(String _, String message) -> message;
            case Problem other -> other.toString();
        };
    }
}
