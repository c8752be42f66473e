package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gufo.template.TemplateInput;
import dev.gufo.template.Trusted;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConversationTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 1, 2, 3, 4);

    @Test
    void messagesBecomeTheDictionariesThatTemplatesExpect() {
        var call = new ToolCall("c1", "weather", Map.of("city", "Zürich"));
        var conversation = new Conversation(
                List.of(
                        ChatMessage.of(Role.USER, "Hi"),
                        new ChatMessage(
                                Role.ASSISTANT, Optional.empty(), List.of(call), Map.of("reasoning_content", "hm")),
                        new ChatMessage(Role.TOOL, Optional.of("20"), List.of(), Map.of("tool_call_id", "c1"))),
                List.of(),
                Map.of());
        List<?> messages = (List<?>) input(conversation, true).variables().get("messages");
        assertThat(messages.get(0)).isEqualTo(Map.of("role", new Trusted("user"), "content", "Hi"));
        Map<?, ?> assistant = (Map<?, ?>) messages.get(1);
        assertThat(assistant.get("content")).isNull();
        assertThat(assistant.containsKey("content")).isTrue();
        assertThat(assistant.get("reasoning_content")).isEqualTo("hm");
        assertThat(assistant.get("tool_calls"))
                .isEqualTo(List.of(Map.of(
                        "id",
                        "c1",
                        "type",
                        "function",
                        "function",
                        Map.of("name", "weather", "arguments", Map.of("city", "Zürich")))));
        assertThat(messages.get(2))
                .isEqualTo(Map.of("role", new Trusted("tool"), "content", "20", "tool_call_id", "c1"));
    }

    @Test
    void noToolsAreNoneOrAnEmptyList() {
        var conversation = new Conversation(List.of(ChatMessage.of(Role.USER, "Hi")), List.of(), Map.of());
        assertThat(input(conversation, true).variables().get("tools")).isNull();
        assertThat(input(conversation, false).variables().get("tools")).isEqualTo(List.of());
    }

    @Test
    void theModelsTokensAreTrustedAndTheRestIsNot() {
        var conversation =
                new Conversation(List.of(ChatMessage.of(Role.USER, "Hi")), List.of(), Map.of("enable_thinking", false));
        TemplateInput input = input(conversation, true);
        Map<String, ?> variables = input.variables();
        assertThat(input.trustedVariables()).isEqualTo(Map.of("bos_token", "<s>", "eos_token", "</s>"));
        assertThat(variables.get("enable_thinking")).isEqualTo(false);
        assertThat(variables.get("add_generation_prompt")).isEqualTo(true);
        assertThat(variables.containsKey("tools")).isTrue();
        assertThat(variables.get("tools")).isNull();
    }

    @Test
    void aTemplateArgumentCannotReplaceWhatTheServerSets() {
        for (String name : List.of("messages", "tools", "bos_token", "eos_token")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            new Conversation(List.of(ChatMessage.of(Role.USER, "Hi")), List.of(), Map.of(name, "x")))
                    .withMessageContaining(name);
        }
    }

    private static TemplateInput input(Conversation conversation, boolean noToolsAsNone) {
        return conversation.input("<s>", "</s>", noToolsAsNone, NOW);
    }
}
