package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.TemplateException;
import dev.gufo.template.TemplateLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Conversations as agents send them, shown by vendors' templates. Skipped where the folder with them is not there. */
class VendorsTemplatesTest {
    private static final Map<String, String> MODEL = Map.of("bos_token", "<s>", "eos_token", "</s>");
    private static final LocalDateTime NOW = LocalDateTime.of(2025, 1, 1, 12, 0);
    private static final String QUESTION = "What about this?";
    private static final Map<String, Object> ARGUMENTS = arguments();
    private static final ToolDefinition TOOL = Replies.tool(
            "look_up",
            Map.of(
                    "type",
                    "object",
                    "properties",
                    Map.of(
                            "city", Map.of("type", "string"),
                            "days", Map.of("type", "integer"),
                            "tags", Map.of("type", "array", "items", Map.of("type", "string")),
                            "deep", Map.of("type", "object"))));

    private static Map<String, Object> arguments() {
        var arguments = new LinkedHashMap<String, Object>();
        arguments.put("city", "Zürich (old)");
        arguments.put("days", 3);
        arguments.put("tags", List.of("a b", "7"));
        arguments.put("deep", Map.of("a", Map.of("b", true)));
        return arguments;
    }

    private record Vendor(String name, ChatTemplate template, ChatFormat format) {
        String shown(List<Map<String, Object>> tools, Map<String, Object> arguments, ChatMessage... messages) {
            var conversation = new Conversation(List.of(messages), tools, arguments);
            return template.render(format.adapt(conversation)
                            .input("<s>", "</s>", format.rules().noToolsAsNone(), NOW))
                    .text();
        }
    }

    private static List<Vendor> vendors() throws IOException {
        Path folder = Path.of(System.getProperty("gufo.chat-templates", "chat-templates"))
                .resolve("templates");
        assumeTrue(Files.isDirectory(folder), "no templates in " + folder);
        var vendors = new ArrayList<Vendor>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                ChatTemplate template =
                        ChatTemplate.parse(Files.readString(file), Dialect.GENERATION_BLOCKS, TemplateLimits.DEFAULT);
                String name = String.valueOf(file.getFileName()).replace(".jinja", "");
                vendors.add(new Vendor(name, template, ChatFormat.detect(template, MODEL)));
            }
        }
        return vendors;
    }

    private static ChatMessage calls(String... ids) {
        List<ToolCall> calls =
                Stream.of(ids).map(id -> new ToolCall(id, "look_up", ARGUMENTS)).toList();
        return new ChatMessage(Role.ASSISTANT, Optional.empty(), calls, Map.of());
    }

    private static ChatMessage result(String id, String text) {
        return new ChatMessage(Role.TOOL, Optional.of(text), List.of(), Map.of("tool_call_id", id));
    }

    @Test
    void everyTemplateShowsWhatAgentsSend() throws IOException {
        var refused = new ArrayList<String>();
        for (Vendor vendor : vendors()) {
            try {
                String prompt = vendor.shown(
                        List.of(TOOL.asTemplateValue()),
                        Map.of("reasoning_effort", ReasoningEffort.MEDIUM),
                        ChatMessage.of(Role.SYSTEM, "System one."),
                        ChatMessage.of(Role.DEVELOPER, "Developer two."),
                        ChatMessage.of(Role.USER, "User three."),
                        ChatMessage.of(Role.USER, "User four."),
                        ChatMessage.of(Role.SYSTEM, "System five."),
                        ChatMessage.of(Role.ASSISTANT, "Assistant six."),
                        ChatMessage.of(Role.ASSISTANT, "Assistant seven."),
                        ChatMessage.of(Role.USER, QUESTION),
                        calls("call_Ab12Cd34Ef56Gh78", "toolu_01"),
                        result("call_Ab12Cd34Ef56Gh78", "Result eight."),
                        result("toolu_01", "Result nine."),
                        ChatMessage.of(Role.USER, "User ten."),
                        new ChatMessage(
                                Role.ASSISTANT, Optional.empty(), List.of(new ToolCall("x", "look_up", "")), Map.of()),
                        result("x", "Result eleven."));
                for (String text : List.of(
                        "System one.",
                        "Developer two.",
                        "User three.",
                        "User four.",
                        "System five.",
                        "Assistant six.",
                        "Assistant seven.",
                        "Result eight.",
                        "Result nine.",
                        "User ten.",
                        "Result eleven.")) {
                    if (!prompt.contains(text)) {
                        refused.add(vendor.name() + " leaves out " + text);
                    }
                }
                String alone = vendor.shown(List.of(), Map.of(), ChatMessage.of(Role.SYSTEM, "System alone."));
                String greeting = vendor.shown(
                        List.of(),
                        Map.of(),
                        ChatMessage.of(Role.ASSISTANT, "Greeting first."),
                        ChatMessage.of(Role.USER, QUESTION));
                if (!alone.contains("System alone.") || !greeting.contains("Greeting first.")) {
                    refused.add(vendor.name() + " leaves out a text that stands alone or first");
                }
            } catch (TemplateException e) {
                refused.add(vendor.name() + " refuses: " + e.getMessage());
            }
        }
        assertThat(refused).isEmpty();
    }

    @Test
    void callsThatATemplateShowsAreReadAsTheSameCalls() throws IOException {
        var different = new ArrayList<String>();
        int read = 0;
        for (Vendor vendor : vendors()) {
            if (vendor.format().tools() == ToolSyntax.GENERIC || vendor.format().tools() == ToolSyntax.HARMONY) {
                continue;
            }
            read++;
            String prompt = vendor.shown(
                    List.of(TOOL.asTemplateValue()),
                    Map.of(),
                    ChatMessage.of(Role.USER, QUESTION),
                    calls("call_1", "call_2"),
                    result("call_1", "First result."),
                    result("call_2", "Second result."));
            int from = prompt.lastIndexOf(QUESTION) + QUESTION.length();
            String turn = prompt.substring(from, prompt.indexOf("First result.", from));
            if (vendor.format().tools() == ToolSyntax.LLAMA3_JSON) {
                turn = turn.substring(turn.indexOf('{')); // a call in this form has no mark of its own
            }
            // Where a template shows one call at a time the second one is a turn of its own.
            int calls = vendor.format().rules().calls().several() ? 2 : 1;
            var reader = new ReplyReader(vendor.format(), List.of(TOOL), false, () -> "id");
            var deltas = new ArrayList<>(reader.accept(turn));
            deltas.addAll(reader.finish());
            StringBuilder arguments = new StringBuilder();
            int ended = 0;
            for (ReplyDelta delta : deltas) {
                if (delta instanceof ReplyDelta.CallArguments(int _, String json)) {
                    arguments.append(json);
                } else if (delta instanceof ReplyDelta.CallEnd) {
                    ended++;
                    Optional<Object> value = PlainJson.value(arguments.toString());
                    if (!value.equals(Optional.of(ARGUMENTS))) {
                        different.add(vendor.name() + ": " + arguments);
                    }
                    arguments.setLength(0);
                }
            }
            if (ended != calls) {
                different.add("%s: %d calls, not %d, in %s".formatted(vendor.name(), ended, calls, turn));
            }
        }
        assertThat(different).isEmpty();
        assertThat(read).isGreaterThanOrEqualTo(41);
    }
}
