package dev.gufo.server.answer;

import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Conversation;
import dev.gufo.chat.Role;
import dev.gufo.chat.ToolCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How a conversation becomes shorter, from its oldest messages on: first whole turns, a user's messages and what
 * follows them; then what the assistant did in the last turn, oldest first. System and developer messages stay, the
 * last turn's user messages too, and the end of the conversation. A call goes together with its outputs.
 */
final class Shortening {
    private final Conversation conversation;
    /** Of each message: what it goes together with; -1 if it stays. */
    private final int[] groups;
    /** Groups in the order in which they go. */
    private final List<Integer> order;

    private Shortening(Conversation conversation, int[] groups, List<Integer> order) {
        this.conversation = conversation;
        this.groups = groups;
        this.order = order;
    }

    /** @param about whether the last message is about those before it: then it stays, and begins no turn */
    static Shortening of(Conversation conversation, boolean about) {
        List<ChatMessage> messages = conversation.messages();
        int end = messages.size() - (about ? 1 : 0);
        int lastTurn = lastTurn(messages.subList(0, end));
        var groups = new int[messages.size()];
        Map<String, Integer> calls = new HashMap<>();
        int group = 0;
        boolean inUser = false;
        for (int i = 0; i < groups.length; i++) {
            ChatMessage message = messages.get(i);
            switch (message.role()) {
                case SYSTEM, DEVELOPER -> groups[i] = -1;
                case USER -> {
                    group += inUser ? 0 : 1;
                    groups[i] = i >= lastTurn ? -1 : group;
                    inUser = true;
                }
                case ASSISTANT -> {
                    group += i > lastTurn ? 1 : 0;
                    groups[i] = group;
                    for (ToolCall call : message.toolCalls()) {
                        calls.put(call.id(), group);
                    }
                    inUser = false;
                }
                case TOOL -> {
                    groups[i] = calls.getOrDefault(String.valueOf(message.more().get("tool_call_id")), group);
                    inUser = false;
                }
            }
        }
        Set<Integer> order = new LinkedHashSet<>();
        IntStream.of(groups).filter(number -> number >= 0).forEach(order::add);
        if (end > 0) {
            order.remove(groups[end - 1]);
        }
        return new Shortening(conversation, groups, List.copyOf(order));
    }

    /** Where the user's last messages begin, or 0 if there are none. */
    private static int lastTurn(List<ChatMessage> messages) {
        int at = messages.size() - 1;
        while (at > 0 && messages.get(at).role() != Role.USER) {
            at--;
        }
        int first = at;
        for (int i = at - 1; i >= 0 && stays(messages.get(i).role()); i--) {
            first = messages.get(i).role() == Role.USER ? i : first;
        }
        return first;
    }

    private static boolean stays(Role role) {
        return role == Role.USER || role == Role.SYSTEM || role == Role.DEVELOPER;
    }

    /** How often it can become shorter. */
    int steps() {
        return order.size();
    }

    /** The conversation after so many steps; after none it is whole. */
    Conversation after(int steps) {
        Set<Integer> gone = new HashSet<>(order.subList(0, steps));
        List<ChatMessage> left = new ArrayList<>();
        for (int i = 0; i < groups.length; i++) {
            if (!gone.contains(groups[i])) {
                left.add(conversation.messages().get(i));
            }
        }
        return new Conversation(left, conversation.tools(), conversation.templateArguments());
    }
}
