package dev.gufo.server.chat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.util.Set;

/** Fields that the operator puts into requests for a model where they have none of their own. */
public final class DefaultParameters {
    private static final Set<String> THE_REQUESTS_OWN = Set.of("model", "messages", "prompt", "stream", "user");

    private DefaultParameters() {}

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
