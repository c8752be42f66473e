package dev.gufo.server.answer;

import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Conversation;
import dev.gufo.chat.Role;
import dev.gufo.server.policy.ContentChecks.Passage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The turn that a request asks the assistant for, whatever API it came through.
 *
 * @param field that holds the messages, for errors: {@code messages} or {@code input}
 * @param conversation what the prompt is made of
 * @param thought what the assistant has thought before the message that it goes on with, or {@code ""}
 * @param beginning what it has already written of that message, or {@code ""}
 * @param tools what it may or must call
 * @param shape form of the content
 * @param topLogprobs candidates to report with each token; -1 for no logprobs
 * @param answer what the request says about the answer
 * @param overflow what becomes of it if it has no room
 * @param numbered whether the field is an array whose elements are the messages of the conversation, one for one
 * @param first the field that holds the first message, if that is another one: {@code instructions}, for instance
 */
public record Turn(
        String field,
        Conversation conversation,
        String thought,
        String beginning,
        ToolUse tools,
        AnswerShape shape,
        int topLogprobs,
        AnswerFields answer,
        Overflow overflow,
        boolean numbered,
        Optional<String> first) {
    /** What becomes of a turn that has no room. */
    public enum Overflow {
        REFUSED,
        /** Its oldest messages are left out. */
        SHORTENED,
        /** Likewise; its last message is about those before it, and no turn of its own. */
        SHORTENED_BEFORE_THE_LAST
    }

    /** Messages of a request: more than a context of a million tokens holds of short ones that agents exchange. */
    public static final int MAX_MESSAGES = 16_384;

    /** Parts of one message. */
    public static final int MAX_PARTS = 4_096;

    /** Calls of one message. */
    public static final int MAX_CALLS = 1_024;

    /** Tools of a request. */
    public static final int MAX_TOOLS = 128;

    /** A turn whose messages are not told by their place in the field. */
    public Turn(
            String field,
            Conversation conversation,
            String thought,
            String beginning,
            ToolUse tools,
            AnswerShape shape,
            int topLogprobs,
            AnswerFields answer,
            Overflow overflow) {
        this(
                field,
                conversation,
                thought,
                beginning,
                tools,
                shape,
                topLogprobs,
                answer,
                overflow,
                false,
                Optional.empty());
    }

    /**
     * The same, whose first message may stand in a field of its own.
     *
     * @param other the field, if it does
     */
    public Turn withFirstIn(Optional<String> other) {
        return new Turn(
                field, conversation, thought, beginning, tools, shape, topLogprobs, answer, overflow, numbered, other);
    }

    /** The same turn of another conversation. */
    Turn with(Conversation other) {
        return new Turn(field, other, thought, beginning, tools, shape, topLogprobs, answer, overflow, numbered, first);
    }

    /** All that its prompt will hold of the request, by the field that has it. */
    List<Passage> passages() {
        var passages = new ArrayList<Passage>();
        List<ChatMessage> messages = conversation.messages();
        for (int i = 0; i < messages.size(); i++) {
            ChatMessage message = messages.get(i);
            var texts = new StringJoiner("\n");
            message.content().ifPresent(texts::add);
            message.toolCalls().forEach(call -> addTexts(texts.add(call.name()), call.arguments()));
            addTexts(texts, message.more());
            String own = numbered ? "%s[%d]".formatted(field, i) : field;
            passages.add(new Passage(i == 0 ? first.orElse(own) : own, texts.toString()));
        }
        String last = numbered ? "%s[%d]".formatted(field, messages.size()) : field;
        passages.add(new Passage(last, thought + "\n" + beginning));
        passages.add(new Passage("tools", joined(conversation.tools())));
        passages.add(new Passage("chat_template_kwargs", joined(conversation.templateArguments())));
        return passages;
    }

    /** What the user said last, or a tool for it; {@code ""} if nobody did. */
    String asked() {
        return conversation.messages().reversed().stream()
                .filter(message -> message.role() == Role.USER || message.role() == Role.TOOL)
                .findFirst()
                .flatMap(ChatMessage::content)
                .orElse("");
    }

    private static String joined(Object value) {
        var texts = new StringJoiner("\n");
        addTexts(texts, value);
        return texts.toString();
    }

    private static void addTexts(StringJoiner texts, @Nullable Object value) {
        switch (value) {
            case String text -> texts.add(text);
            case List<?> list -> list.forEach(each -> addTexts(texts, each));
            case Map<?, ?> map ->
                map.forEach((name, each) -> {
                    addTexts(texts, name);
                    addTexts(texts, each);
                });
            case null, default -> {}
        }
    }

    /** What its prompt will hold of the request itself. */
    public Stream<String> texts() {
        return Stream.concat(
                conversation.messages().stream().flatMap(message -> message.content().stream()),
                Stream.of(thought, beginning));
    }
}
