package dev.gufo.chat;

import dev.gufo.chat.ReplyDelta.CallArguments;
import dev.gufo.chat.ReplyDelta.CallBegin;
import dev.gufo.chat.ReplyDelta.CallEnd;
import dev.gufo.chat.ReplyDelta.Content;
import dev.gufo.chat.ReplyDelta.Reasoning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads replies whole or in pieces and shows them in one line. */
final class Replies {
    static final List<ToolDefinition> TOOLS = List.of(
            tool(
                    "get_weather",
                    Map.of(
                            "type", "object",
                            "properties", ordered("city", Map.of("type", "string"), "days", Map.of("type", "integer")),
                            "required", List.of("city"))),
            tool(
                    "add_note",
                    Map.of(
                            "type",
                            "object",
                            "properties",
                            ordered("text", Map.of("type", "string"), "tags", Map.of("type", "array")))));

    private Replies() {}

    private static Map<String, Object> ordered(String first, Object one, String second, Object other) {
        var map = new LinkedHashMap<String, Object>();
        map.put(first, one);
        map.put(second, other);
        return map;
    }

    static ToolDefinition tool(String name, Map<String, Object> parameters) {
        return ToolDefinition.of(
                Map.of("type", "function", "function", Map.of("name", name, "parameters", parameters)));
    }

    static ChatFormat format(ToolSyntax syntax) {
        return new ChatFormat(
                syntax,
                syntax == ToolSyntax.HARMONY
                        ? Optional.of(ReasoningMarks.THINK)
                        : syntax.form().reasoning().or(() -> Optional.of(ReasoningMarks.THINK)),
                true,
                true,
                ChatFormat.CallArguments.OBJECT,
                ChatFormat.CallContent.EMPTY);
    }

    static ReplyReader reader(ToolSyntax syntax, List<ToolDefinition> tools, boolean startsInReasoning) {
        int[] count = {0};
        return new ReplyReader(format(syntax), tools, startsInReasoning, () -> "id" + count[0]++);
    }

    /** All deltas of the pieces, neighbours of one kind joined. */
    static String read(ReplyReader reader, List<String> pieces) {
        var deltas = new ArrayList<ReplyDelta>();
        pieces.forEach(piece -> deltas.addAll(reader.accept(piece)));
        deltas.addAll(reader.finish());
        return show(deltas);
    }

    static String read(ToolSyntax syntax, String reply) {
        return read(reader(syntax, TOOLS, false), List.of(reply));
    }

    static String show(List<ReplyDelta> deltas) {
        StringBuilder shown = new StringBuilder();
        Class<?> before = null;
        for (ReplyDelta delta : deltas) {
            boolean same = delta.getClass() == before;
            before = delta.getClass();
            switch (delta) {
                case Content(String text) ->
                    shown.append(same ? "" : " content:").append(text);
                case Reasoning(String text) ->
                    shown.append(same ? "" : " reasoning:").append(text);
                case CallBegin(int index, String id, String name) ->
                    shown.append(" call")
                            .append(index)
                            .append(':')
                            .append(id)
                            .append(':')
                            .append(name);
                case CallArguments(int index, String json) ->
                    shown.append(same ? "" : " arguments" + index + ":").append(json);
                case CallEnd(int index) -> shown.append(" end").append(index);
            }
        }
        return shown.isEmpty() ? "" : shown.substring(1);
    }
}
