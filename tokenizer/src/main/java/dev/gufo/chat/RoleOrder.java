package dev.gufo.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Brings messages into an order of roles that a template takes. Texts that have to share a message are joined by an
 * empty line; what only a system message could say elsewhere is said by the user.
 */
final class RoleOrder {
    private static final String BETWEEN = "\n\n";

    private final TemplateRules rules;
    private final boolean takesSystem;

    RoleOrder(ChatFormat format) {
        this.rules = format.rules();
        this.takesSystem = format.takesSystem();
    }

    List<ChatMessage> adapt(List<ChatMessage> messages) {
        List<ChatMessage> named = messages.stream().map(this::withKnownRole).toList();
        int leading = 0;
        while (leading < named.size() && isSystem(named.get(leading))) {
            leading++;
        }
        boolean alone = leading == named.size();
        Stream<ChatMessage> later = named.subList(leading, named.size()).stream()
                .map(message -> isSystem(message) && !rules.system().later() ? as(Role.USER, message) : message);
        var all = new ArrayList<>(leading(named.subList(0, leading), alone));
        later.forEach(all::add);
        List<ChatMessage> joined = rules.neighbours() ? all : withoutNeighbours(all);
        return withWhatIsMissing(joined);
    }

    private ChatMessage withKnownRole(ChatMessage message) {
        return message.role() == Role.DEVELOPER && !rules.system().developer() ? as(Role.SYSTEM, message) : message;
    }

    private List<ChatMessage> leading(List<ChatMessage> systems, boolean alone) {
        if (systems.isEmpty()) {
            return systems;
        }
        List<ChatMessage> shown = systems.size() == 1 || rules.system().several() ? systems : List.of(joined(systems));
        if (!takesSystem) {
            return List.of(as(Role.USER, joined(systems)));
        }
        if (alone && !rules.system().alone()) {
            var all = new ArrayList<>(shown);
            all.set(all.size() - 1, as(Role.USER, all.getLast()));
            return all;
        }
        return shown;
    }

    private List<ChatMessage> withoutNeighbours(List<ChatMessage> messages) {
        var apart = new ArrayList<ChatMessage>();
        for (ChatMessage message : messages) {
            ChatMessage before = apart.isEmpty() ? null : apart.getLast();
            boolean same = before != null
                    && before.role() == message.role()
                    && (message.role() == Role.USER || message.role() == Role.ASSISTANT)
                    && before.toolCalls().isEmpty();
            if (same) {
                apart.set(apart.size() - 1, joined(List.of(before, message)));
            } else {
                apart.add(message);
            }
        }
        return apart;
    }

    private List<ChatMessage> withWhatIsMissing(List<ChatMessage> messages) {
        var whole = new ArrayList<ChatMessage>();
        Role before = Role.SYSTEM;
        for (ChatMessage message : messages) {
            if (message.role() == Role.ASSISTANT
                    && !rules.assistantFirst()
                    && (before == Role.SYSTEM || before == Role.DEVELOPER)) {
                whole.add(ChatMessage.of(Role.USER, ""));
            }
            if (message.role() == Role.USER && before == Role.TOOL) {
                rules.calls().betweenResultAndUser().ifPresent(said -> whole.add(ChatMessage.of(Role.ASSISTANT, said)));
            }
            whole.add(message);
            before = message.role();
        }
        return whole;
    }

    /** One message that says what all of them say; the first one's role and fields, the last one's calls. */
    private static ChatMessage joined(List<ChatMessage> messages) {
        Role role = messages.stream().anyMatch(message -> message.role() == Role.SYSTEM)
                ? Role.SYSTEM
                : messages.getFirst().role();
        String text = messages.stream()
                .flatMap(message -> message.content().stream())
                .filter(content -> !content.isBlank())
                .collect(Collectors.joining(BETWEEN));
        Map<String, Object> more = new LinkedHashMap<>();
        messages.forEach(message -> message.more().forEach(more::putIfAbsent));
        List<ToolCall> calls = messages.getLast().toolCalls();
        boolean silent = text.isEmpty() && !calls.isEmpty();
        return new ChatMessage(role, silent ? messages.getLast().content() : Optional.of(text), calls, more);
    }

    private static ChatMessage as(Role role, ChatMessage message) {
        return new ChatMessage(role, message.content(), message.toolCalls(), message.more());
    }

    private static boolean isSystem(ChatMessage message) {
        return message.role() == Role.SYSTEM || message.role() == Role.DEVELOPER;
    }
}
