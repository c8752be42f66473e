package dev.gufo.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One choice of a chat answer as a client sees it, the same whether it came whole or streamed.
 *
 * @param content text, {@code ""} also for {@code null}
 * @param calls as {@code name(arguments)}
 * @param finishReason as told
 * @param scored text of the tokens that have logprobs
 */
record ChatReply(String content, String reasoning, List<String> calls, String finishReason, List<String> scored) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Asks for a whole answer and a streamed one, and checks that they are the same. */
    static List<ChatReply> both(TestServer server, String request) throws IOException, InterruptedException {
        var whole = server.chat(request);
        if (whole.statusCode() != 200) {
            throw new AssertionError(whole.body());
        }
        List<ChatReply> replies = whole(TestServer.json(whole));
        ObjectNode streaming = ((ObjectNode) JSON.readTree(request)).put("stream", true);
        List<ChatReply> streamed =
                streamed(TestServer.events(server.chat(streaming.toString()).body()));
        if (!streamed.equals(replies)) {
            throw new AssertionError("streamed: " + streamed + ", whole: " + replies);
        }
        return replies;
    }

    static ChatReply one(TestServer server, String request) throws IOException, InterruptedException {
        List<ChatReply> replies = both(server, request);
        if (replies.size() != 1) {
            throw new AssertionError(replies);
        }
        return replies.getFirst();
    }

    static List<ChatReply> whole(JsonNode answer) {
        var replies = new ArrayList<ChatReply>();
        for (JsonNode choice : answer.get("choices")) {
            var parts = new Parts();
            parts.take(choice.get("message"), choice);
            replies.add(parts.reply());
        }
        return replies;
    }

    static List<ChatReply> streamed(List<JsonNode> events) {
        var byIndex = new TreeMap<Integer, Parts>();
        for (JsonNode event : events) {
            for (JsonNode choice : event.get("choices")) {
                byIndex.computeIfAbsent(choice.get("index").intValue(), _ -> new Parts())
                        .take(choice.get("delta"), choice);
            }
        }
        return byIndex.values().stream().map(Parts::reply).toList();
    }

    /** What messages or deltas add up to. */
    private static final class Parts {
        private final StringBuilder content = new StringBuilder();
        private final StringBuilder reasoning = new StringBuilder();
        private final Map<Integer, StringBuilder> calls = new TreeMap<>();
        private final List<String> scored = new ArrayList<>();
        private String finishReason = "";

        void take(JsonNode message, JsonNode choice) {
            content.append(message.path("content").asText(""));
            reasoning.append(message.path("reasoning_content").asText(""));
            int position = 0;
            for (JsonNode call : message.path("tool_calls")) {
                // Only deltas have an index.
                StringBuilder text =
                        calls.computeIfAbsent(call.path("index").asInt(position++), _ -> new StringBuilder());
                if (call.has("id")) {
                    if (call.get("id").textValue().length() < 9
                            || !call.get("type").textValue().equals("function")) {
                        throw new AssertionError(call);
                    }
                    text.append(call.at("/function/name").textValue()).append('(');
                }
                text.append(call.at("/function/arguments").asText());
            }
            choice.path("logprobs")
                    .path("content")
                    .forEach(token -> scored.add(token.get("token").textValue()));
            finishReason = choice.path("finish_reason").asText(finishReason);
        }

        ChatReply reply() {
            return new ChatReply(
                    content.toString(),
                    reasoning.toString(),
                    calls.values().stream().map(call -> call + ")").toList(),
                    finishReason.equals("null") ? "" : finishReason,
                    List.copyOf(scored));
        }
    }
}
