package dev.gufo.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Conversation;
import dev.gufo.chat.Role;
import dev.gufo.server.answer.AnswerFields;
import dev.gufo.server.answer.AnswerShape;
import dev.gufo.server.answer.TemplateFields;
import dev.gufo.server.answer.ToolUse;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import dev.gufo.server.policy.ContentChecks.Passage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A request for predictions whose fields have their types and ranges. Unknown fields are ignored.
 *
 * @param turns at least one, a prediction each
 * @param labels the answers that are compared; none if the answer is free
 * @param list whether the answer is a list, also of one
 */
record PredictRequest(List<Turn> turns, List<String> labels, boolean list) {
    static final int MAX_TEXTS = 128;
    static final int MAX_LABELS = 128;
    static final int MAX_ANSWERS = 1_024;
    private static final int MAX_LABEL_CHARS = 1_024;
    private static final List<String> INPUTS = List.of("text", "texts", "messages");
    /** Fields of chat requests that would silently do nothing. */
    private static final List<String> UNSUPPORTED = List.of("tools", "tool_choice", "logprobs", "top_logprobs");

    private static final List<String> SHAPES = List.of("response_format", "json_schema", "grammar");

    /**
     * Reads and checks everything that can be checked without the model.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static PredictRequest read(Fields request) {
        for (String name : UNSUPPORTED) {
            if (request.any(name).isPresent()) {
                throw ApiException.unsupported(name, "'%s' is not supported in predictions.".formatted(name));
            }
        }
        AnswerFields answer = AnswerFields.read(request, 1).greedyByDefault();
        if (answer.stream()) {
            throw ApiException.unsupported("stream", "Predictions can't be streamed.");
        }
        if (answer.choices() > 1) {
            throw ApiException.unsupported("n", "A text has one prediction; 'n' must be 1.");
        }
        List<String> labels = labels(request);
        List<Turn> turns = turns(request, answer);
        if ((long) turns.size() * labels.size() > MAX_ANSWERS) {
            throw ApiException.invalid(
                    "labels",
                    "Texts times labels must be at most %d, are %d."
                            .formatted(MAX_ANSWERS, (long) turns.size() * labels.size()));
        }
        return new PredictRequest(turns, labels, request.any("texts").isPresent());
    }

    /** What the model will read of the request itself. */
    Stream<String> texts() {
        return turns.stream().flatMap(Turn::texts);
    }

    /** The labels, for checks of what they say. */
    List<Passage> labelPassages() {
        return IntStream.range(0, labels.size())
                .mapToObj(i -> new Passage("labels[%d]".formatted(i), labels.get(i)))
                .toList();
    }

    private static List<Turn> turns(Fields request, AnswerFields answer) {
        List<String> given =
                INPUTS.stream().filter(name -> request.any(name).isPresent()).toList();
        if (given.isEmpty()) {
            throw Fields.missing("text");
        }
        if (given.size() > 1) {
            throw ApiException.invalid(given.getLast(), "Only one of 'text', 'texts' and 'messages' can be given.");
        }
        Optional<String> instructions = request.text("instructions");
        Map<String, Object> arguments = TemplateFields.read(request);
        AnswerShape shape = AnswerShape.read(request);
        if (given.getFirst().equals("messages")) {
            if (instructions.isPresent()) {
                throw ApiException.invalid(
                        "instructions", "'instructions' can't be given with 'messages'; use a system message.");
            }
            return List.of(turn(request, MessageReader.messages(request), arguments, shape, answer));
        }
        var turns = new ArrayList<Turn>();
        List<String> texts = texts(request);
        for (int i = 0; i < texts.size(); i++) {
            var messages = new ArrayList<ChatMessage>();
            instructions.ifPresent(text -> messages.add(message(Role.SYSTEM, text)));
            messages.add(message(Role.USER, texts.get(i)));
            String field = given.getFirst().equals("text") ? "text" : "texts[%d]".formatted(i);
            turns.add(turn(field, new Conversation(messages, List.of(), arguments), "", "", shape, answer)
                    .withFirstIn(instructions.map(_ -> "instructions")));
        }
        return turns;
    }

    /** A message of the assistant at the end is gone on with, as in chat. */
    private static Turn turn(
            Fields request,
            List<ChatMessage> messages,
            Map<String, Object> arguments,
            AnswerShape shape,
            AnswerFields answer) {
        String beginning = ChatRequest.beginning(request, messages);
        List<ChatMessage> whole = beginning.isEmpty() ? messages : messages.subList(0, messages.size() - 1);
        String thought = beginning.isEmpty() ? "" : ChatRequest.thought(messages.getLast());
        return turn("messages", new Conversation(whole, List.of(), arguments), thought, beginning, shape, answer);
    }

    private static Turn turn(
            String field,
            Conversation conversation,
            String thought,
            String beginning,
            AnswerShape shape,
            AnswerFields answer) {
        return new Turn(
                field,
                conversation,
                thought,
                beginning,
                ToolUse.NONE,
                shape,
                0,
                answer,
                Turn.Overflow.REFUSED,
                field.equals("messages"),
                Optional.empty());
    }

    private static ChatMessage message(Role role, String text) {
        return new ChatMessage(role, Optional.of(text), List.of(), Map.of());
    }

    private static List<String> texts(Fields request) {
        Optional<String> one = request.text("text");
        if (one.isPresent()) {
            return List.of(one.get());
        }
        JsonNode array = request.array("texts", MAX_TEXTS).orElseThrow();
        if (array.isEmpty()) {
            throw ApiException.invalid("texts", "'texts' must hold at least one text.");
        }
        var texts = new ArrayList<String>();
        for (int i = 0; i < array.size(); i++) {
            if (!array.get(i).isTextual()) {
                throw Fields.wrong("texts[%d]".formatted(i), "a string", array.get(i));
            }
            texts.add(array.get(i).textValue());
        }
        return texts;
    }

    private static List<String> labels(Fields request) {
        Optional<JsonNode> array = request.array("labels", MAX_LABELS);
        if (array.isEmpty()) {
            return List.of();
        }
        if (array.get().size() < 2) {
            throw ApiException.invalid("labels", "'labels' must hold at least two labels.");
        }
        Set<String> labels = new HashSet<>();
        var inOrder = new ArrayList<String>();
        for (int i = 0; i < array.get().size(); i++) {
            JsonNode label = array.get().get(i);
            String path = "labels[%d]".formatted(i);
            String text = label.isTextual() ? label.textValue() : "";
            if (text.isEmpty() || text.length() > MAX_LABEL_CHARS) {
                throw Fields.wrong(path, "a string of 1 to %d characters".formatted(MAX_LABEL_CHARS), label);
            }
            if (!labels.add(text)) {
                throw ApiException.invalid(path, "'%s' is there twice.".formatted(path));
            }
            inOrder.add(text);
        }
        SHAPES.stream()
                .filter(name -> request.any(name).isPresent())
                .findFirst()
                .ifPresent(name -> {
                    throw ApiException.invalid(name, "'%s' can't be given with 'labels'.".formatted(name));
                });
        return inOrder;
    }
}
