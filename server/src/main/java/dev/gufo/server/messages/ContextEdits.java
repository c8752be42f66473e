package dev.gufo.server.messages;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Role;
import dev.gufo.chat.ToolCall;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code context_management}: what is cleared of a long history before the model sees it. Edits of a kind that is not
 * known change nothing.
 *
 * @param all in the order in which they are applied
 */
record ContextEdits(List<Edit> all) {
    /** Tokens are counted in characters, since the model that knows better may not be loaded yet. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private static final int MAX_EDITS = 16;
    private static final int MAX_TOOLS = 1_024;
    private static final long TRIGGER_TOKENS = 100_000;
    private static final long KEPT_USES = 3;
    private static final String CLEARED = "[cleared]";

    /** One of them. */
    sealed interface Edit {
        /**
         * Forgets what was thought before the last turns.
         *
         * @param turns that keep it
         */
        record Thinking(long turns) implements Edit {}

        /**
         * Empties results of tools before the last ones.
         *
         * @param tokens of the history, or {@code uses}, above which it acts; one of them is there
         * @param kept results that stay
         * @param leastTokens fewer are not worth it
         * @param excluded tools whose results stay
         * @param inputs whether the calls' arguments go too
         */
        record ToolUses(
                Optional<Long> tokens,
                Optional<Long> uses,
                long kept,
                long leastTokens,
                Set<String> excluded,
                boolean inputs)
                implements Edit {}
    }

    /**
     * What an edit did.
     *
     * @param type its name
     * @param counts of what {@code cleared} counts: the name of a field
     * @param tokens estimated
     */
    record Applied(String type, String counts, long cleared, long tokens) {}

    /** A history behind its edits. */
    record Edited(List<ChatMessage> messages, List<Applied> applied) {}

    private static final String THINKING = "clear_thinking_20251015";
    private static final String TOOL_USES = "clear_tool_uses_20250919";

    /**
     * Reads them; empty if the request has none.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static Optional<ContextEdits> read(Fields request) {
        Optional<Fields> management = request.object("context_management");
        if (management.isEmpty()) {
            return Optional.empty();
        }
        Optional<JsonNode> array = management.get().array("edits", MAX_EDITS);
        var edits = new ArrayList<Edit>();
        for (int i = 0; array.isPresent() && i < array.get().size(); i++) {
            Fields edit = Fields.element(array.get(), i, management.get().at("edits"));
            switch (edit.text("type").orElseThrow(() -> Fields.missing(edit.at("type")))) {
                case THINKING -> keptTurns(edit).ifPresent(turns -> edits.add(new Edit.Thinking(turns)));
                case TOOL_USES -> edits.add(toolUses(edit));
                default -> {} // a newer kind
            }
        }
        return Optional.of(new ContextEdits(List.copyOf(edits)));
    }

    /** How many turns keep their thoughts; empty if all do. */
    private static Optional<Long> keptTurns(Fields edit) {
        Optional<JsonNode> keep = edit.any("keep");
        if (keep.isPresent() && keep.get().isTextual()) {
            if (!keep.get().textValue().equals("all")) {
                throw ApiException.invalid(
                        edit.at("keep"), "'%s' must be 'all' or an object.".formatted(edit.at("keep")));
            }
            return Optional.empty();
        }
        Optional<Fields> turns = edit.object("keep");
        if (turns.flatMap(fields -> fields.text("type")).orElse("").equals("all")) {
            return Optional.empty();
        }
        return Optional.of(turns.flatMap(fields -> fields.integer("value", 1, Long.MAX_VALUE))
                .orElse(1L));
    }

    private static Edit toolUses(Fields edit) {
        Optional<Fields> trigger = edit.object("trigger");
        Optional<Long> value = trigger.flatMap(fields -> fields.integer("value", 0, Long.MAX_VALUE));
        boolean byUses =
                trigger.flatMap(fields -> fields.text("type")).orElse("").equals("tool_uses");
        var excluded = new HashSet<String>();
        edit.array("exclude_tools", MAX_TOOLS).ifPresent(names -> names.forEach(name -> excluded.add(name.asText())));
        Optional<JsonNode> inputs = edit.any("clear_tool_inputs");
        return new Edit.ToolUses(
                byUses ? Optional.empty() : Optional.of(value.orElse(TRIGGER_TOKENS)),
                byUses ? Optional.of(value.orElse(0L)) : Optional.empty(),
                edit.object("keep")
                        .flatMap(fields -> fields.integer("value", 0, Long.MAX_VALUE))
                        .orElse(KEPT_USES),
                edit.object("clear_at_least")
                        .flatMap(fields -> fields.integer("value", 0, Long.MAX_VALUE))
                        .orElse(0L),
                excluded,
                inputs.map(wish -> wish.isArray() ? !wish.isEmpty() : wish.asBoolean())
                        .orElse(false));
    }

    /** The history behind all edits, and what those did that did something. */
    Edited apply(List<ChatMessage> messages) {
        var edited = new Edited(messages, List.of());
        for (Edit edit : all) {
            Edited next = switch (edit) {
                case Edit.Thinking(long turns) -> withoutThoughts(edited.messages(), turns);
                case Edit.ToolUses uses -> withoutResults(edited.messages(), uses);
            };
            var applied = new ArrayList<>(edited.applied());
            applied.addAll(next.applied());
            edited = new Edited(next.messages(), applied);
        }
        return edited;
    }

    /** A turn is all that the assistant says between two texts of the user, results of tools in between. */
    private static Edited withoutThoughts(List<ChatMessage> messages, long turns) {
        var kept = new ArrayList<>(messages);
        long left = turns;
        boolean inTurn = false;
        boolean counted = false;
        long characters = 0;
        long cleared = 0;
        for (int i = kept.size() - 1; i >= 0; i--) {
            ChatMessage message = kept.get(i);
            if (message.role() == Role.USER) {
                left -= inTurn ? 1 : 0;
                inTurn = false;
                counted = false;
            } else if (message.role() == Role.ASSISTANT
                    && !BlockReader.thought(message).isEmpty()) {
                inTurn = true;
                if (left <= 0) {
                    characters += BlockReader.thought(message).length();
                    cleared += counted ? 0 : 1;
                    counted = true;
                    kept.set(i, BlockReader.withoutThought(message));
                }
            }
        }
        return new Edited(
                kept,
                cleared == 0
                        ? List.of()
                        : List.of(new Applied(
                                THINKING, "cleared_thinking_turns", cleared, characters / CHARACTERS_PER_TOKEN)));
    }

    private static Edited withoutResults(List<ChatMessage> messages, Edit.ToolUses edit) {
        Map<String, String> names = new HashMap<>();
        messages.stream()
                .flatMap(message -> message.toolCalls().stream())
                .forEach(call -> names.put(call.id(), call.name()));
        List<Integer> results = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i).role() == Role.TOOL && !edit.excluded().contains(names.get(id(messages.get(i))))) {
                results.add(i);
            }
        }
        boolean acts = edit.uses()
                .map(uses -> results.size() > uses)
                .orElseGet(() -> tokens(messages) > edit.tokens().orElseThrow());
        long old = Math.max(0, results.size() - edit.kept());
        var kept = new ArrayList<>(messages);
        Set<String> ids = new HashSet<>();
        long characters = 0;
        for (int place : results.subList(0, (int) old)) {
            ChatMessage message = kept.get(place);
            characters += message.content().orElse("").length();
            ids.add(id(message));
            kept.set(place, new ChatMessage(message.role(), Optional.of(CLEARED), message.toolCalls(), message.more()));
        }
        long cleared = characters / CHARACTERS_PER_TOKEN;
        if (!acts || old == 0 || cleared < edit.leastTokens()) {
            return new Edited(messages, List.of());
        }
        return new Edited(
                edit.inputs()
                        ? kept.stream()
                                .map(message -> withoutInputs(message, ids))
                                .toList()
                        : kept,
                List.of(new Applied(TOOL_USES, "cleared_tool_uses", old, cleared)));
    }

    private static ChatMessage withoutInputs(ChatMessage message, Set<String> ids) {
        List<ToolCall> calls = message.toolCalls().stream()
                .map(call -> ids.contains(call.id()) ? new ToolCall(call.id(), call.name(), Map.of()) : call)
                .toList();
        return new ChatMessage(message.role(), message.content(), calls, message.more());
    }

    private static String id(ChatMessage result) {
        return result.more().get("tool_call_id") instanceof String id ? id : "";
    }

    private static long tokens(List<ChatMessage> messages) {
        return messages.stream()
                        .mapToLong(message -> message.content().orElse("").length()
                                + BlockReader.thought(message).length()
                                + message.toolCalls().stream()
                                        .mapToLong(call ->
                                                call.arguments().toString().length())
                                        .sum())
                        .sum()
                / CHARACTERS_PER_TOKEN;
    }
}
