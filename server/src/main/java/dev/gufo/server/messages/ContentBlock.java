package dev.gufo.server.messages;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.chat.CutJson;
import dev.gufo.chat.ReplyDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A part of a whole reply. */
sealed interface ContentBlock {
    /** What the user reads. */
    record Text(String text) implements ContentBlock {}

    /** What the model thought. */
    record Thinking(String text) implements ContentBlock {}

    /**
     * A call of a tool.
     *
     * @param input a JSON object; of a call that was cut off what is whole of it
     */
    record Call(String id, String name, String input) implements ContentBlock {}

    /** The blocks that a reply consists of, the same as those of its stream. */
    static List<ContentBlock> of(List<ReplyDelta> deltas) {
        var blocks = new ArrayList<ContentBlock>();
        for (ReplyDelta delta : deltas) {
            switch (delta) {
                case ReplyDelta.Content(String text) -> {
                    if (!blocks.isEmpty() && blocks.getLast() instanceof Text(String before)) {
                        blocks.set(blocks.size() - 1, new Text(before + text));
                    } else {
                        blocks.add(new Text(text));
                    }
                }
                case ReplyDelta.Reasoning(String text) -> {
                    if (!blocks.isEmpty() && blocks.getLast() instanceof Thinking(String before)) {
                        blocks.set(blocks.size() - 1, new Thinking(before + text));
                    } else {
                        blocks.add(new Thinking(text));
                    }
                }
                case ReplyDelta.CallBegin(int _, String id, String name) -> blocks.add(new Call(id, name, ""));
                case ReplyDelta.CallArguments(int _, String json) -> {
                    var call = (Call) blocks.getLast();
                    blocks.set(blocks.size() - 1, new Call(call.id(), call.name(), call.input() + json));
                }
                case ReplyDelta.CallEnd _ -> {}
            }
        }
        blocks.replaceAll(block ->
                block instanceof Call call ? new Call(call.id(), call.name(), Inputs.object(call.input())) : block);
        return blocks;
    }

    /** Makes objects of arguments. */
    final class Inputs {
        private static final ObjectMapper JSON =
                new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

        private Inputs() {}

        private static String object(String arguments) {
            try {
                if (JSON.readTree(arguments).isObject()) {
                    return arguments;
                }
            } catch (JsonProcessingException cutOff) {
                // what is whole of it follows
            }
            try {
                return JSON.writeValueAsString(CutJson.object(arguments).orElse(Map.of()));
            } catch (JsonProcessingException e) {
                throw new AssertionError("plain values are JSON", e);
            }
        }
    }
}
