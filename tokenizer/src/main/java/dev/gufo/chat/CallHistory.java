package dev.gufo.chat;

import dev.gufo.chat.ChatFormat.CallArguments;
import dev.gufo.chat.TemplateRules.CallIds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes of the calls of a history, wherever they come from, such as a template can show: their arguments, their ids,
 * and how many stand in one turn. One per conversation, for one thread.
 */
final class CallHistory {
    /** What arguments that are no object are shown under. */
    private static final String NO_OBJECT = "arguments";

    private static final String ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int ID_LENGTH = 9;

    private final TemplateRules rules;
    private final boolean asText;
    private final List<ChatMessage> fitting = new ArrayList<>();
    /** New ids by old ones; of an old one that occurs again, the latest. */
    private final Map<String, String> ids = new HashMap<>();
    /** Names by new ids. */
    private final Map<String, String> names = new HashMap<>();

    private final Set<String> given = new HashSet<>();
    private int calls;

    CallHistory(ChatFormat format) {
        this.rules = format.rules();
        this.asText =
                format.callArguments() == CallArguments.TEXT && rules.calls().shown();
    }

    List<ChatMessage> adapt(List<ChatMessage> messages) {
        for (int i = 0; i < messages.size(); ) {
            ChatMessage message = messages.get(i++);
            if (!message.toolCalls().isEmpty()) {
                int from = i;
                while (i < messages.size() && messages.get(i).role() == Role.TOOL) {
                    i++;
                }
                addRound(message, messages.subList(from, i));
            } else {
                fitting.add(message.role() == Role.TOOL ? result(message, Optional.empty()) : message);
            }
        }
        return fitting;
    }

    /** Calls of one turn and their results; in several rounds if the template shows one call at a time. */
    private void addRound(ChatMessage message, List<ChatMessage> results) {
        var fittingCalls = new ArrayList<ToolCall>();
        for (ToolCall call : message.toolCalls()) {
            fittingCalls.add(fitting(call, fittingCalls.size()));
        }
        var fittingResults = new ArrayList<ChatMessage>();
        for (int i = 0; i < results.size(); i++) {
            fittingResults.add(result(
                    results.get(i), i < fittingCalls.size() ? Optional.of(fittingCalls.get(i)) : Optional.empty()));
        }
        if (rules.calls().several() || fittingCalls.size() == 1) {
            fitting.add(new ChatMessage(message.role(), message.content(), fittingCalls, message.more()));
            fitting.addAll(fittingResults);
            return;
        }
        for (int i = 0; i < fittingCalls.size(); i++) {
            ToolCall call = fittingCalls.get(i);
            fitting.add(
                    i == 0
                            ? new ChatMessage(message.role(), message.content(), List.of(call), message.more())
                            : new ChatMessage(message.role(), Optional.empty(), List.of(call), Map.of()));
            boolean last = i == fittingCalls.size() - 1;
            fittingResults.removeIf(
                    result -> (last || call.id().equals(result.more().get("tool_call_id"))) && fitting.add(result));
        }
    }

    private ToolCall fitting(ToolCall call, int inTurn) {
        String id = switch (rules.calls().ids()) {
            case ANY -> call.id();
            case NINE_CHARACTERS -> nineCharacters(call.id().isEmpty() ? "call " + calls : call.id());
            case NUMBERED -> numbered(call, calls);
            case NUMBERED_IN_TURN -> numbered(call, inTurn);
        };
        calls++;
        ids.put(call.id(), id);
        names.put(id, call.name());
        return new ToolCall(id, call.name(), arguments(call.arguments()));
    }

    private static String numbered(ToolCall call, int number) {
        return "functions." + call.name() + ":" + number;
    }

    /** An id that fits stays; another follows from its text alone, so that a longer history has the same ones. */
    private String nineCharacters(String id) {
        if (ids.containsKey(id)) {
            return ids.get(id);
        }
        String nine = id;
        for (int attempt = 0; !fits(nine) || given.contains(nine); attempt++) {
            nine = hashed(id + "#" + attempt);
        }
        given.add(nine);
        ids.put(id, nine);
        return nine;
    }

    private static boolean fits(String id) {
        return id.length() == ID_LENGTH && id.chars().allMatch(character -> ID_ALPHABET.indexOf(character) >= 0);
    }

    private static String hashed(String text) {
        long hash = 0xcbf29ce484222325L; // FNV-1a, 64 bits
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        StringBuilder nine = new StringBuilder();
        for (int i = 0; i < ID_LENGTH; i++) {
            nine.append(ID_ALPHABET.charAt((int) Long.remainderUnsigned(hash, ID_ALPHABET.length())));
            hash = Long.divideUnsigned(hash, ID_ALPHABET.length());
        }
        return nine.toString();
    }

    /** The result with the id and the name of its call, which many clients leave out and some templates show. */
    private ChatMessage result(ChatMessage message, Optional<ToolCall> inItsPlace) {
        var more = new LinkedHashMap<>(message.more());
        String old = more.get("tool_call_id") instanceof String id ? id : "";
        Optional<String> known = Optional.ofNullable(ids.get(old)).or(() -> inItsPlace.map(ToolCall::id));
        String id = known.orElseGet(() -> rules.calls().ids() == CallIds.NINE_CHARACTERS ? nineCharacters(old) : old);
        if (!id.isEmpty()) {
            more.put("tool_call_id", id);
        }
        if (names.containsKey(id)) {
            more.putIfAbsent("name", names.get(id));
        }
        return new ChatMessage(message.role(), message.content(), message.toolCalls(), more);
    }

    /**
     * Arguments that a template can show: none for an empty text and null. A text that is no JSON object stays where
     * the template takes texts; else what is whole of a cut object is shown, and anything else as the value of one
     * argument.
     */
    private Object arguments(Object given) {
        if (!(given instanceof String text)) {
            return given;
        }
        String json = PlainJson.string(text.strip()).orElse(text).strip();
        if (json.isEmpty() || json.equals("null")) {
            return Map.of();
        }
        Optional<Object> value = PlainJson.value(json);
        if (value.isPresent() && value.get() instanceof Map<?, ?>) {
            return value.get();
        }
        if (asText) {
            return text;
        }
        return CutJson.object(json).orElseGet(() -> Map.of(NO_OBJECT, value.orElse(json)));
    }
}
