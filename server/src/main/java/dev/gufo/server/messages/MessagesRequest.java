package dev.gufo.server.messages;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Conversation;
import dev.gufo.chat.ReasoningEffort;
import dev.gufo.chat.Role;
import dev.gufo.server.answer.AnswerFields;
import dev.gufo.server.answer.AnswerShape;
import dev.gufo.server.answer.LoraFields;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.SamplingFields;
import dev.gufo.server.answer.TemplateArguments;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * A request of the Messages API. Every field has its type and range, and unknown ones are ignored.
 *
 * @param turn what it asks for
 * @param telling how it wants to be answered
 * @param leftOut types of the tools and the parts of results that can't be served, each once
 */
record MessagesRequest(Turn turn, Telling telling, List<String> leftOut) {
    /**
     * How the answer is told; it holds nothing of the messages.
     *
     * @param hidesThinking whether the client wants what the model thought only in the signature
     * @param marksCache whether the request marks a part that is to be cached
     * @param edits what was cleared of the history; empty if the request asks for no such thing
     */
    record Telling(boolean hidesThinking, boolean marksCache, Optional<List<ContextEdits.Applied>> edits) {}

    /** Budgets of thinking up to here are a low and a medium effort. */
    private static final int LOW_BUDGET = 2_048;

    private static final int MEDIUM_BUDGET = 8_192;

    /**
     * Reads and checks everything that can be checked without the model.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static MessagesRequest read(Fields request, ReasoningSeal seal) {
        Optional<Long> most = request.integer("max_tokens", 1, Long.MAX_VALUE);
        return read(request, seal, most.orElseThrow(() -> Fields.missing("max_tokens")));
    }

    /** The same for a request that is not answered, and so need not say how long its answer may be. */
    static MessagesRequest readToCount(Fields request, ReasoningSeal seal) {
        return read(request, seal, 1);
    }

    private static MessagesRequest read(Fields request, ReasoningSeal seal, long maxTokens) {
        var reader = new BlockReader(seal);
        List<ChatMessage> given = reader.messages(request);
        Optional<ContextEdits> edits = ContextEdits.read(request);
        ContextEdits.Edited edited =
                edits.map(each -> each.apply(given)).orElseGet(() -> new ContextEdits.Edited(given, List.of()));
        List<ChatMessage> messages = edited.messages();
        MessagesTools tools = MessagesTools.read(request);
        ChatMessage last = messages.getLast();
        boolean begun = last.role() == Role.ASSISTANT
                && last.toolCalls().isEmpty()
                && messages.size() > 1
                && !last.content().orElse("").isEmpty();
        Optional<Fields> thinking = request.object("thinking");
        Optional<Fields> output = request.object("output_config");
        var turn = new Turn(
                        "messages",
                        new Conversation(
                                begun ? messages.subList(0, messages.size() - 1) : messages,
                                tools.use().forTemplate(),
                                TemplateArguments.of(
                                        effort(request, thinking, output), request.object("chat_template_kwargs"))),
                        begun ? BlockReader.thought(last) : "",
                        begun ? last.content().orElseThrow() : "",
                        tools.use(),
                        shape(request, output),
                        -1,
                        answer(request, maxTokens),
                        Turn.Overflow.REFUSED)
                .withFirstIn(Optional.of("system")
                        .filter(_ -> request.any("system").isPresent()
                                && messages.getFirst().role() == Role.SYSTEM));
        var telling = new Telling(
                thinking.flatMap(fields -> fields.text("display")).orElse("").equals("omitted"),
                reader.marksCache() || tools.marksCache() || BlockReader.isMarked(request),
                edits.map(_ -> edited.applied()));
        var leftOut = new TreeSet<>(tools.leftOut());
        leftOut.addAll(reader.leftOut());
        return new MessagesRequest(turn, telling, List.copyOf(leftOut));
    }

    /** What an alias of the model says under the names of chat requests counts where the request says nothing. */
    private static AnswerFields answer(Fields request, long maxTokens) {
        Optional<JsonNode> own = request.any("stop_sequences");
        List<String> stops = own.map(texts -> AnswerFields.stops(texts, "stop_sequences"))
                .or(() -> request.any("stop").map(texts -> AnswerFields.stops(texts, "stop")))
                .orElse(List.of());
        return new AnswerFields(
                SamplingFields.read(request),
                stops,
                OptionalInt.of((int) Math.min(maxTokens, Integer.MAX_VALUE)),
                1,
                request.flag("ignore_eos").orElse(false),
                request.flag("stream").orElse(false),
                true,
                request.flag("timings").orElse(false),
                LoraFields.read(request),
                request.flag("deterministic").orElse(false),
                request.flag("speculate").orElse(true));
    }

    /** The form of the content: at its new place, its old one, or as chat requests have it. */
    private static AnswerShape shape(Fields request, Optional<Fields> output) {
        Optional<Fields> format =
                output.flatMap(config -> config.object("format")).or(() -> request.object("output_format"));
        if (format.isEmpty()) {
            return AnswerShape.read(request);
        }
        String type = format.get().text("type").orElse("");
        if (!type.equals("json_schema")) {
            throw ApiException.invalid(
                    format.get().at("type"),
                    "'%s' must be 'json_schema'.".formatted(format.get().at("type")));
        }
        return AnswerShape.ofSchema(format.get(), "schema");
    }

    private static Optional<ReasoningEffort> effort(
            Fields request, Optional<Fields> thinking, Optional<Fields> output) {
        Optional<ReasoningEffort> said = output.flatMap(
                        config -> config.text("effort").map(word -> effort(word, config.at("effort"))))
                .or(() -> request.text("reasoning_effort").map(word -> effort(word, "reasoning_effort")));
        if (thinking.isEmpty()) {
            return said;
        }
        Fields fields = thinking.get();
        Optional<Long> budget = fields.integer("budget_tokens", 1, Long.MAX_VALUE);
        return switch (fields.text("type").orElse("")) {
            case "disabled" -> Optional.of(ReasoningEffort.NONE);
            case "adaptive" -> said;
            case "enabled" -> said.or(() -> budget.map(MessagesRequest::effort));
            default ->
                throw ApiException.invalid(
                        "thinking.type", "'thinking.type' must be 'enabled', 'adaptive' or 'disabled'.");
        };
    }

    private static ReasoningEffort effort(long budget) {
        return budget <= LOW_BUDGET
                ? ReasoningEffort.LOW
                : budget <= MEDIUM_BUDGET ? ReasoningEffort.MEDIUM : ReasoningEffort.HIGH;
    }

    private static ReasoningEffort effort(String word, String path) {
        return word.equals("max")
                ? ReasoningEffort.XHIGH
                : ReasoningEffort.of(word)
                        .orElseThrow(() -> ApiException.invalid(
                                path, "'%s' must be one of %s, max.".formatted(path, ReasoningEffort.WORDS)));
    }
}
