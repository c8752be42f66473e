package dev.gufo.server.boot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.chat.ChatRequest;
import dev.gufo.server.completions.CompletionRequest;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.Fields;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Checks the parameters that an operator gives an alias. */
final class AliasParameters {
    private static final Set<String> THE_REQUESTS_OWN = Set.of("model", "messages", "prompt", "stream", "user");

    private AliasParameters() {}

    /**
     * Checks that requests with these fields can be read, and that no field is unknown, so that the operator hears of a
     * mistake and not the clients.
     *
     * @throws IllegalArgumentException with a sentence that names the field
     */
    static void requireReadable(ObjectNode parameters) {
        parameters.fieldNames().forEachRemaining(name -> {
            if (THE_REQUESTS_OWN.contains(name)) {
                throw new IllegalArgumentException("'%s' belongs to requests themselves".formatted(name));
            }
        });
        ObjectNode message =
                new ObjectMapper().createObjectNode().put("role", "user").put("content", "");
        var chat = new Asked(parameters);
        chat.putArray("messages").add(message);
        var completion = new Asked(parameters);
        completion.put("prompt", "");
        try {
            Turn _ = ChatRequest.read(new Fields(chat, ""));
            CompletionRequest _ = CompletionRequest.read(new Fields(completion, ""));
        } catch (ApiException e) {
            throw new IllegalArgumentException(message(e.problem()), e);
        }
        requireAllAsked(parameters, chat, completion, "");
    }

    /** Requests may hold unknown fields, since clients are newer than servers; an operator has misspelt it. */
    private static void requireAllAsked(ObjectNode parameters, Asked chat, Asked completion, String path) {
        parameters.properties().forEach(field -> {
            String name = field.getKey();
            if (!chat.names.contains(name) && !completion.names.contains(name)) {
                throw new IllegalArgumentException("there is no field '%s%s'".formatted(path, name));
            }
            boolean read =
                    chat.of(name).or(() -> completion.of(name)).stream().anyMatch(inner -> !inner.names.isEmpty());
            if (read && field.getValue() instanceof ObjectNode inner) {
                requireAllAsked(
                        inner, chat.of(name).orElseThrow(), completion.of(name).orElseThrow(), path + name + ".");
            }
        });
    }

    /** An object that notes which of its fields are asked for by name, and those of the objects in it. */
    @SuppressWarnings("unchecked") // Jackson's own deepCopy
    private static final class Asked extends ObjectNode {
        private static final long serialVersionUID = 1L;

        private final transient Set<String> names = new HashSet<>();

        Asked(ObjectNode source) {
            super(JsonNodeFactory.instance);
            source.properties()
                    .forEach(field -> set(
                            field.getKey(),
                            field.getValue() instanceof ObjectNode inner ? new Asked(inner) : field.getValue()));
        }

        @Override
        public JsonNode get(String name) {
            names.add(name);
            return super.get(name);
        }

        private Optional<Asked> of(String name) {
            return super.get(name) instanceof Asked inner ? Optional.of(inner) : Optional.empty();
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
