package dev.gufo.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.chat.Conversation;
import dev.gufo.server.answer.AnswerFields;
import dev.gufo.server.answer.AnswerShape;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.TemplateFields;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * A request for a response: every field has its type and range, and unknown ones are ignored.
 *
 * @param echo what the response repeats of the request, and what it says of the server
 * @param sealed whether reasoning comes with {@code encrypted_content}
 * @param leftOut what of it is left out, each once
 * @param previous id of the response that it goes on with
 * @param conversation id of the one that it goes on with
 * @param items its own input; none if nobody keeps it
 * @param asked items of the input, and of what it goes on with, that are messages but not the assistant's
 * @param stored whether the response is to be kept
 * @param background whether the answer is made while nobody waits for it
 */
record ResponseRequest(
        Turn turn,
        ResponseTools tools,
        ObjectNode echo,
        boolean sealed,
        List<String> leftOut,
        Optional<String> previous,
        Optional<String> conversation,
        List<JsonNode> items,
        List<JsonNode> asked,
        boolean stored,
        boolean background) {
    private static final int MAX_INCLUDES = 32;
    private static final int MAX_TOP_LOGPROBS = 20;

    /** What would be taken from elsewhere. */
    private static final List<String> UNSUPPORTED = List.of("prompt");

    /**
     * Reads and checks everything that can be checked without the model.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static ResponseRequest read(Fields request, ReasoningSeal seal, Kept kept) throws InterruptedException {
        refuseWhatIsNotThere(request);
        boolean background = background(request, kept);
        ResponseTools tools = ToolReader.read(request);
        var leftOut = new TreeSet<>(tools.leftOut());
        InputReader.Input input = InputReader.read(request, tools, seal, kept);
        leftOut.addAll(input.leftOut());
        boolean stored = request.flag("store").orElse(true) && kept.store().isPresent();
        Optional<Fields> reasoning = request.object("reasoning");
        Optional<Fields> text = request.object("text");
        List<String> include = include(request);
        OptionalInt top = topLogprobs(request);
        boolean scored = include.contains("message.output_text.logprobs") || top.orElse(0) > 0;
        Map<String, Object> arguments = TemplateFields.readWith(
                request,
                reasoning.flatMap(
                        fields -> fields.text("effort").map(word -> TemplateFields.effort(word, fields.at("effort")))));
        var turn = new Turn(
                        "input",
                        new Conversation(input.messages(), tools.use().forTemplate(), arguments),
                        "",
                        "",
                        tools.use(),
                        text.flatMap(fields -> fields.object("format"))
                                .map(ResponseRequest::shape)
                                .orElseGet(() -> AnswerShape.read(request)),
                        scored ? top.orElse(0) : -1,
                        AnswerFields.read(request, 1).single(maxTokens(request)),
                        truncation(request).equals("auto") ? Turn.Overflow.SHORTENED : Turn.Overflow.REFUSED)
                .withFirstIn(request.text("instructions")
                        .filter(instructions -> !instructions.isEmpty())
                        .map(_ -> "instructions"));
        return new ResponseRequest(
                turn,
                tools,
                echo(request, tools, reasoning, text, top),
                include.contains("reasoning.encrypted_content"),
                List.copyOf(leftOut),
                request.text("previous_response_id"),
                InputReader.conversation(request),
                stored || InputReader.conversation(request).isPresent() ? input.items() : List.of(),
                input.asked(),
                stored,
                background);
    }

    private static AnswerShape shape(Fields format) {
        return switch (format.text("type").orElse("")) {
            case "text" -> new AnswerShape.Free();
            case "json_object" -> new AnswerShape.Json(Map.of("type", "object"), format.at("type"));
            case "json_schema" -> new AnswerShape.Json(AnswerShape.schema(format, "schema"), format.at("schema"));
            default ->
                throw ApiException.invalid(
                        format.at("type"),
                        "'%s' must be 'text', 'json_object' or 'json_schema'.".formatted(format.at("type")));
        };
    }

    private static OptionalInt maxTokens(Fields request) {
        return request.integer("max_output_tokens", 1, Long.MAX_VALUE)
                .map(most -> OptionalInt.of(Math.toIntExact(Math.min(most, Integer.MAX_VALUE))))
                .orElse(OptionalInt.empty());
    }

    private static OptionalInt topLogprobs(Fields request) {
        return request.integer("top_logprobs", 0, MAX_TOP_LOGPROBS)
                .map(top -> OptionalInt.of(Math.toIntExact(top)))
                .orElse(OptionalInt.empty());
    }

    private static List<String> include(Fields request) {
        var names = new ArrayList<String>();
        request.array("include", MAX_INCLUDES).ifPresent(array -> array.forEach(name -> names.add(name.asText())));
        return names;
    }

    private static ObjectNode echo(
            Fields request, ResponseTools tools, Optional<Fields> reasoning, Optional<Fields> text, OptionalInt top) {
        ObjectNode echo = JsonNodeFactory.instance.objectNode();
        echo.put("background", request.flag("background").orElse(false));
        InputReader.conversation(request)
                .ifPresentOrElse(
                        id -> echo.putObject("conversation").put("id", id), () -> echo.putNull("conversation"));
        echo.put("instructions", request.text("instructions").orElse(null));
        echo.set("max_output_tokens", number(maxTokens(request)));
        request.integer("max_tool_calls", 1, Integer.MAX_VALUE)
                .ifPresentOrElse(most -> echo.put("max_tool_calls", most), () -> echo.putNull("max_tool_calls"));
        echo.set("metadata", Metadata.of(request));
        echo.put("parallel_tool_calls", tools.use().parallel());
        echo.put("previous_response_id", request.text("previous_response_id").orElse(null));
        echo.put("prompt_cache_key", request.text("prompt_cache_key").orElse(null));
        echo.put(
                "prompt_cache_retention", request.text("prompt_cache_retention").orElse(null));
        ObjectNode reasons = echo.putObject("reasoning");
        reasons.put("effort", reasoning.flatMap(fields -> fields.text("effort")).orElse(null));
        reasons.put(
                "summary", reasoning.flatMap(fields -> fields.text("summary")).orElse(null));
        echo.put("safety_identifier", request.text("safety_identifier").orElse(null));
        echo.put("service_tier", "default");
        ObjectNode form = echo.putObject("text");
        form.set(
                "format",
                text.flatMap(fields -> fields.any("format"))
                        .orElseGet(() -> JsonNodeFactory.instance.objectNode().put("type", "text")));
        form.put("verbosity", text.flatMap(fields -> fields.text("verbosity")).orElse("medium"));
        echo.set("tool_choice", request.any("tool_choice").orElseGet(() -> JsonNodeFactory.instance.textNode("auto")));
        echo.set("tools", tools.served());
        echo.put("top_logprobs", top.orElse(0));
        echo.put("truncation", truncation(request));
        echo.put("user", request.text("user").orElse(null));
        return echo;
    }

    private static JsonNode number(OptionalInt value) {
        return value.isPresent()
                ? JsonNodeFactory.instance.numberNode(value.getAsInt())
                : JsonNodeFactory.instance.nullNode();
    }

    private static String truncation(Fields request) {
        String word = request.text("truncation").orElse("disabled");
        if (!word.equals("disabled") && !word.equals("auto")) {
            throw ApiException.invalid("truncation", "'truncation' must be 'disabled' or 'auto'.");
        }
        return word;
    }

    private static void refuseWhatIsNotThere(Fields request) {
        for (String name : UNSUPPORTED) {
            if (request.any(name).isPresent()) {
                throw ApiException.unsupported(name, "'%s' is not supported.".formatted(name));
            }
        }
    }

    private static boolean background(Fields request, Kept kept) {
        boolean background = request.flag("background").orElse(false);
        if (background && kept.store().isEmpty()) {
            throw ApiException.unsupported("background", "'background' is not supported: nothing is kept here.");
        }
        if (background && !request.flag("store").orElse(true)) {
            throw ApiException.invalid(
                    "background",
                    "'background' must not come with 'store': false, since such a response is kept to be asked for.");
        }
        return background;
    }
}
