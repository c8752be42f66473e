package dev.gufo.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.Conversation;
import dev.gufo.server.error.ApiException;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A chat request whose fields have their types and ranges. Unknown fields are ignored.
 *
 * @param model id, or {@code ""} for the default one
 * @param conversation what the prompt is made of
 * @param sampling what it says about sampling
 * @param stops texts that end the answer, none of them empty
 * @param maxTokens most tokens to sample, at least 1; empty for what the context has room for
 * @param ignoreEnd {@code ignore_eos}: the answer goes on after the model ended it, until {@code maxTokens}
 * @param stream whether the answer comes as events
 * @param includeUsage whether the stream tells the usage at its end
 */
record ChatRequest(
        String model,
        Conversation conversation,
        SamplingFields sampling,
        List<String> stops,
        OptionalInt maxTokens,
        boolean ignoreEnd,
        boolean stream,
        boolean includeUsage) {
    private static final int MAX_STOPS = 16;
    private static final int MAX_STOP_CHARS = 1_024;

    /** Fields that ask for a form of the answer which would silently be missing. */
    private static final List<String> UNSUPPORTED = List.of(
            "functions",
            "function_call",
            "grammar",
            "json_schema",
            "structured_outputs",
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
            "stop_token_ids",
            "audio");

    /**
     * Reads and checks everything that can be checked without the model.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static ChatRequest read(Fields request) {
        refuseWhatIsNotThere(request);
        String model = request.text("model").orElse("");
        return new ChatRequest(
                model,
                conversation(request),
                SamplingFields.read(request),
                stops(request),
                maxTokens(request),
                request.flag("ignore_eos").orElse(false),
                request.flag("stream").orElse(false),
                request.object("stream_options")
                        .flatMap(options -> options.flag("include_usage"))
                        .orElse(false));
    }

    private static Conversation conversation(Fields request) {
        String choice = request.any("tool_choice").map(JsonNode::asText).orElse("auto");
        List<Map<String, Object>> tools = MessageReader.tools(request);
        Optional<Fields> arguments = request.object("chat_template_kwargs");
        arguments.ifPresent(ChatRequest::refuseReserved);
        return new Conversation(
                MessageReader.messages(request),
                choice.equals("none") ? List.of() : tools,
                arguments.map(MessageReader::map).orElse(Map.of()));
    }

    private static void refuseReserved(Fields arguments) {
        for (String name : (Iterable<String>) arguments.node()::fieldNames) {
            if (Conversation.RESERVED.contains(name)) {
                throw ApiException.invalid(arguments.at(name), "'%s' can't be set this way.".formatted(name));
            }
        }
    }

    private static void refuseWhatIsNotThere(Fields request) {
        for (String name : UNSUPPORTED) {
            if (request.any(name).isPresent()) {
                throw notSupported(name);
            }
        }
        if (request.integer("n", 1, 128).orElse(1L) != 1) {
            throw ApiException.unsupported("n", "Only one choice per request is supported: 'n' must be 1.");
        }
        if (request.flag("logprobs").orElse(false)
                || request.integer("top_logprobs", 0, 20).orElse(0L) > 0) {
            throw notSupported("logprobs");
        }
        if (request.flag("continue_final_message").orElse(false)) {
            throw notSupported("continue_final_message");
        }
        request.any("tool_choice").ifPresent(ChatRequest::checkToolChoice);
        request.object("response_format").ifPresent(ChatRequest::checkResponseFormat);
        request.array("modalities").ifPresent(modalities -> {
            for (JsonNode modality : modalities) {
                if (!modality.asText().equals("text")) {
                    throw ApiException.unsupported("modalities", "Only the modality 'text' is supported.");
                }
            }
        });
    }

    private static void checkToolChoice(JsonNode choice) {
        boolean named = choice.isObject() || choice.asText().equals("required");
        if (named) {
            throw ApiException.unsupported("tool_choice", "Only 'auto' and 'none' are supported for 'tool_choice'.");
        }
        if (!choice.asText().equals("auto") && !choice.asText().equals("none")) {
            throw Fields.wrong("tool_choice", "'auto' or 'none'", choice);
        }
    }

    private static void checkResponseFormat(Fields format) {
        String type = format.text("type").orElse("");
        switch (type) {
            case "text" -> {}
            case "json_object", "json_schema" ->
                throw ApiException.unsupported(
                        "response_format", "A 'response_format' of type '%s' is not supported.".formatted(type));
            default ->
                throw ApiException.invalid(
                        "response_format.type",
                        "'response_format.type' must be 'text', 'json_object' or 'json_schema'.");
        }
    }

    /** The newer name wins if both are there. */
    private static OptionalInt maxTokens(Fields request) {
        Optional<Long> older = request.integer("max_tokens", 1, Long.MAX_VALUE);
        return request.integer("max_completion_tokens", 1, Long.MAX_VALUE)
                .or(() -> older)
                .map(max -> OptionalInt.of(Math.toIntExact(Math.min(max, Integer.MAX_VALUE))))
                .orElse(OptionalInt.empty());
    }

    private static List<String> stops(Fields request) {
        Optional<JsonNode> stop = request.any("stop");
        if (stop.isEmpty()) {
            return List.of();
        }
        JsonNode value = stop.get();
        var texts = new ArrayList<String>();
        if (value.isArray()) {
            value.forEach(text -> texts.add(stopText(text)));
        } else {
            texts.add(stopText(value));
        }
        if (texts.size() > MAX_STOPS) {
            throw ApiException.invalid("stop", "'stop' must have at most %d texts.".formatted(MAX_STOPS));
        }
        return texts;
    }

    private static String stopText(JsonNode value) {
        String text = value.isTextual() ? value.textValue() : "";
        if (text.isEmpty() || text.length() > MAX_STOP_CHARS) {
            throw Fields.wrong(
                    "stop", "a string of 1 to %d characters, or an array of such".formatted(MAX_STOP_CHARS), value);
        }
        try {
            StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException halfAPair) {
            throw ApiException.invalid("stop", "'stop' has half of a surrogate pair.");
        }
        return text;
    }

    private static ApiException notSupported(String name) {
        return ApiException.unsupported(name, "'%s' is not supported.".formatted(name));
    }
}
