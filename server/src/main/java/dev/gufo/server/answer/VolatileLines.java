package dev.gufo.server.answer;

import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Conversation;
import dev.gufo.chat.Role;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Lines that clients put at the beginning of their system text, that mean nothing to the model and are another with
 * each request or each version. Behind such a line nothing could be found of an earlier prompt, so a constant stands in
 * its place.
 */
final class VolatileLines {
    /** Claude Code's, with a hash of the request. */
    private static final String BILLING = "x-anthropic-billing-header:";

    private static final Pattern LINE = Pattern.compile("(?m)^" + BILLING + ".*$");

    private VolatileLines() {}

    /** The same conversation with constants; the very same if it has no such line. */
    static Conversation replacedIn(Conversation conversation) {
        if (conversation.messages().stream().noneMatch(VolatileLines::hasOne)) {
            return conversation;
        }
        List<ChatMessage> messages = conversation.messages().stream()
                .map(message -> hasOne(message) ? replacedIn(message) : message)
                .toList();
        return new Conversation(messages, conversation.tools(), conversation.templateArguments());
    }

    /** What a user says, or a tool, is left alone. */
    private static boolean hasOne(ChatMessage message) {
        return (message.role() == Role.SYSTEM || message.role() == Role.DEVELOPER)
                && message.content().orElse("").contains(BILLING);
    }

    private static ChatMessage replacedIn(ChatMessage message) {
        String text = LINE.matcher(message.content().orElse("")).replaceAll(BILLING + " -");
        return new ChatMessage(message.role(), Optional.of(text), message.toolCalls(), message.more());
    }
}
