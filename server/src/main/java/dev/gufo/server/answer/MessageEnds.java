package dev.gufo.server.answer;

import dev.gufo.chat.ChatMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where the messages of a conversation end in its prompt, without any of their text.
 *
 * @param bytesBehind how much of the prompt follows each message, in bytes of UTF-8; descending
 */
record MessageEnds(long[] bytesBehind) {
    /** Looks for the messages in the prompt that a template has made of them. */
    static MessageEnds of(List<ChatMessage> messages, String prompt) {
        long[] behind = new long[messages.size()];
        long left = prompt.getBytes(StandardCharsets.UTF_8).length;
        int at = 0;
        for (int i = 0; i < behind.length; i++) {
            String content = messages.get(i).content().orElse("").strip();
            int found = prompt.indexOf(content, at); // a template may leave a message out, or write it another way
            int end = found < 0 ? at : found + content.length();
            left -= prompt.substring(at, end).getBytes(StandardCharsets.UTF_8).length;
            at = end;
            behind[i] = left;
        }
        return new MessageEnds(behind);
    }

    /**
     * The message that a place belongs to: the first one that does not end before it.
     *
     * @param bytes that follow the place
     * @return empty if it is behind all of them
     */
    OptionalInt messageAt(long bytes) {
        for (int i = 0; i < bytesBehind.length; i++) {
            if (bytesBehind[i] < bytes) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }
}
