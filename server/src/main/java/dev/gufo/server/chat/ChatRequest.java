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
import java.util.List;
import java.util.Optional;

/** Reads chat requests: every field has its type and range, and unknown ones are ignored. */
public final class ChatRequest {
    /** Fields that ask for a form of the answer which would silently be missing. */
    private static final List<String> UNSUPPORTED = List.of(
            "functions",
            "function_call",
            "structured_outputs",
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
            "stop_token_ids",
            "audio");

    private static final int MAX_MODALITIES = 16;

    private ChatRequest() {}

    /**
     * Reads and checks everything that can be checked without the model.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    public static Turn read(Fields request) {
        refuseWhatIsNotThere(request);
        List<ChatMessage> messages = MessageReader.messages(request);
        String beginning = beginning(request, messages);
        ToolUse tools = ToolFields.read(request);
        return new Turn(
                "messages",
                new Conversation(
                        beginning.isEmpty() ? messages : messages.subList(0, messages.size() - 1),
                        tools.forTemplate(),
                        TemplateFields.read(request)),
                beginning.isEmpty() ? "" : thought(messages.getLast()),
                beginning,
                tools,
                AnswerShape.read(request),
                topLogprobs(request),
                AnswerFields.read(request, 1),
                Turn.Overflow.REFUSED,
                true,
                Optional.empty());
    }

    /** A trailing message of the assistant is gone on with, unless the request says that a new one begins. */
    static String beginning(Fields request, List<ChatMessage> messages) {
        ChatMessage last = messages.getLast();
        boolean open = last.role() == Role.ASSISTANT
                && last.toolCalls().isEmpty()
                && messages.size() > 1
                && !last.content().orElse("").isEmpty();
        Optional<Boolean> wish = request.flag("continue_final_message")
                .or(() -> request.flag("add_generation_prompt").map(begins -> !begins));
        if (wish.orElse(false) && !open) {
            throw ApiException.invalid(
                    "continue_final_message",
                    "Only a final assistant message with text and no tool calls, after another message, can be"
                            + " continued.");
        }
        return open && wish.orElse(true) ? last.content().orElseThrow() : "";
    }

    static String thought(ChatMessage message) {
        return message.more().get("reasoning_content") instanceof String thought ? thought : "";
    }

    private static int topLogprobs(Fields request) {
        boolean wanted = request.flag("logprobs").orElse(false);
        int top = Math.toIntExact(request.integer("top_logprobs", 0, 20).orElse(0L));
        if (top > 0 && !wanted) {
            throw ApiException.invalid("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
        }
        return wanted ? top : -1;
    }

    private static void refuseWhatIsNotThere(Fields request) {
        for (String name : UNSUPPORTED) {
            if (request.any(name).isPresent()) {
                throw ApiException.unsupported(name, "'%s' is not supported.".formatted(name));
            }
        }
        request.array("modalities", MAX_MODALITIES).ifPresent(modalities -> {
            for (JsonNode modality : modalities) {
                if (!modality.asText().equals("text")) {
                    throw ApiException.unsupported("modalities", "Only the modality 'text' is supported.");
                }
            }
        });
    }
}
