package dev.gufo.chat;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.TemplateLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ChatFormatTest {
    private static final Map<String, String> MODEL = Map.of("bos_token", "<s>", "eos_token", "</s>");
    private static final LocalDateTime NOW = LocalDateTime.of(2025, 1, 1, 12, 0);
    private static final String SHOWS_TOOLS = "{% if tools %}{{ tools | tojson }}{% endif %}";
    private static final String TURN = "{% for m in messages %}[{{ m.role }}]{{ m.content }}";
    private static final String CALLS = "{% for c in m.tool_calls or [] %}{% set f = c.function %}";
    private static final String END = "{% endfor %}{% endfor %}";

    private static final List<Map<String, Object>> TOOLS = List.of(Map.of(
            "type", "function", "function", Map.of("name", "get_weather", "parameters", Map.of("type", "object"))));

    /** What real templates are known to write; those that are not named here must only not fail. */
    private static final Map<String, ToolSyntax> KNOWN = Map.ofEntries(
            entry("MiMo-VL", ToolSyntax.HERMES),
            entry("NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", ToolSyntax.HERMES),
            entry("Qwen-Qwen2.5-7B-Instruct", ToolSyntax.HERMES),
            entry("Qwen-Qwen3-0.6B", ToolSyntax.HERMES),
            entry("ibm-granite-granite-4.1", ToolSyntax.HERMES),
            entry("meta-llama-Llama-3.1-8B-Instruct", ToolSyntax.LLAMA3_JSON),
            entry("meta-llama-Llama-3.2-3B-Instruct", ToolSyntax.LLAMA3_JSON),
            entry("Mistral-Small-3.2-24B-Instruct-2506", ToolSyntax.MISTRAL_NAMED),
            entry("mistralai-Ministral-3-14B-Reasoning-2512", ToolSyntax.MISTRAL_NAMED),
            entry("unsloth-mistral-Devstral-Small-2507", ToolSyntax.MISTRAL_NAMED),
            entry("Qwen3-Coder", ToolSyntax.QWEN3_CODER_XML),
            entry("Qwen3.5-4B", ToolSyntax.QWEN3_CODER_XML),
            entry("NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", ToolSyntax.QWEN3_CODER_XML),
            entry("StepFun3.5-Flash", ToolSyntax.QWEN3_CODER_XML),
            entry("llama-cpp-deepseek-r1", ToolSyntax.DEEPSEEK_R1),
            entry("moonshotai-Kimi-K2", ToolSyntax.KIMI),
            entry("meetkai-functionary-medium-v3.1", ToolSyntax.FUNCTION_TAG),
            entry("NVIDIA-Nemotron-Nano-v2", ToolSyntax.NEMOTRON),
            entry("unsloth-Apriel-1.5", ToolSyntax.APRIEL),
            entry("GigaChat3.1-10B-A1.8B", ToolSyntax.GIGACHAT),
            entry("MiniMax-M2", ToolSyntax.MINIMAX),
            entry("GLM-4.7-Flash", ToolSyntax.GLM),
            entry("inclusionai-ling-3.0-flash", ToolSyntax.GLM),
            entry("Spark2.5", ToolSyntax.GLM),
            entry("poolside-Laguna-S-2.1", ToolSyntax.GLM),
            entry("poolside-Laguna-XS-2.1", ToolSyntax.GLM),
            entry("poolside-Laguna-XS.2", ToolSyntax.GLM),
            entry("tencent-Hy3", ToolSyntax.HUNYUAN_3),
            entry("deepseek-ai-DeepSeek-V3.2", ToolSyntax.DEEPSEEK_V3_2),
            entry("deepseek-ai-DeepSeek-V4-Flash-0731", ToolSyntax.DEEPSEEK_V4),
            entry("LFM2.5-8B-A1B", ToolSyntax.LFM2),
            entry("LFM2.5-Instruct", ToolSyntax.LFM2),
            entry("google-gemma-4-31B-it", ToolSyntax.GEMMA_4),
            entry("google-gemma-4-31B-it-interleaved", ToolSyntax.GEMMA_4),
            entry("MiniMax-M3", ToolSyntax.MINIMAX_M3),
            entry("ibm-granite-granite-3.3-2B-Instruct", ToolSyntax.GRANITE_3),
            entry("meetkai-functionary-medium-v3.2", ToolSyntax.FUNCTIONARY),
            entry("Apertus-8B-Instruct", ToolSyntax.APERTUS),
            entry("upstage-Solar-Open-100B", ToolSyntax.SOLAR),
            entry("openbmb-MiniCPM5-1B", ToolSyntax.MINICPM_5),
            entry("muse-glimmer", ToolSyntax.MUSE),
            entry("google-gemma-2-2b-it", ToolSyntax.GENERIC),
            entry("HuggingFaceTB-SmolLM3-3B", ToolSyntax.GENERIC));

    private static final Map<String, Optional<ReasoningMarks>> REASONING = Map.ofEntries(
            entry("Qwen-Qwen3-0.6B", Optional.of(ReasoningMarks.THINK)),
            entry("Qwen3.5-4B", Optional.of(ReasoningMarks.THINK)),
            entry("llama-cpp-deepseek-r1", Optional.of(ReasoningMarks.THINK)),
            entry("mistralai-Ministral-3-14B-Reasoning-2512", Optional.of(new ReasoningMarks("[THINK]", "[/THINK]"))),
            entry("MiniMax-M3", Optional.of(new ReasoningMarks("<mm:think>", "</mm:think>"))),
            entry("google-gemma-4-31B-it", Optional.of(new ReasoningMarks("<|channel>thought", "<channel|>"))),
            entry("upstage-Solar-Open-100B", Optional.of(new ReasoningMarks("<|think|>", "<|end|>"))),
            entry("muse-glimmer", Optional.of(new ReasoningMarks(" to=self<|message|>", "<|eom|>"))),
            entry("Apertus-8B-Instruct", Optional.of(new ReasoningMarks("<|inner_prefix|>", "<|inner_suffix|>"))),
            entry("Qwen-Qwen2.5-7B-Instruct", Optional.empty()),
            entry("meta-llama-Llama-3.1-8B-Instruct", Optional.empty()));

    private static ChatTemplate parse(String source) {
        return ChatTemplate.parse(source, Dialect.GENERATION_BLOCKS, TemplateLimits.DEFAULT);
    }

    @Test
    void vendorsTemplatesAreKnown() throws IOException {
        Path folder = Path.of(System.getProperty("gufo.chat-templates", "chat-templates"))
                .resolve("templates");
        assumeTrue(Files.isDirectory(folder), "no templates in " + folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName()).replace(".jinja", "");
                ChatFormat format = ChatFormat.detect(parse(Files.readString(file)), MODEL);
                if (KNOWN.containsKey(name)) {
                    assertThat(format.tools()).as(name).isEqualTo(KNOWN.get(name));
                }
                if (REASONING.containsKey(name)) {
                    assertThat(format.reasoning()).as(name).isEqualTo(REASONING.get(name));
                }
            }
        }
    }

    @Test
    void vendorsTemplatesShowToolsCallsAndResultsOfAnAdaptedConversation() throws IOException {
        Path folder = Path.of(System.getProperty("gufo.chat-templates", "chat-templates"))
                .resolve("templates");
        assumeTrue(Files.isDirectory(folder), "no templates in " + folder);
        var missing = new ArrayList<String>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                ChatTemplate template = parse(Files.readString(file));
                String prompt = render(template, ChatFormat.detect(template, MODEL), afterCall("call00001"));
                if (!prompt.contains("get_weather") || !prompt.contains("Oslo") || !prompt.contains("12 degrees")) {
                    missing.add(file.getFileName() + ": " + prompt);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    private static Conversation afterCall(String id) {
        return new Conversation(
                List.of(
                        ChatMessage.of(Role.USER, "Weather?"),
                        new ChatMessage(
                                Role.ASSISTANT,
                                Optional.empty(),
                                List.of(new ToolCall(id, "get_weather", Map.of("city", "Oslo"))),
                                Map.of()),
                        new ChatMessage(
                                Role.TOOL,
                                Optional.of("12 degrees"),
                                List.of(),
                                Map.of("tool_call_id", id, "name", "get_weather"))),
                TOOLS,
                Map.of());
    }

    private static String render(ChatTemplate template, ChatFormat format, Conversation conversation) {
        return template.render(format.adapt(conversation)
                        .input("<s>", "</s>", format.rules().noToolsAsNone(), NOW))
                .text();
    }

    @Test
    void theSyntaxIsFoundInWhatATemplateWrites() {
        assertThat(syntax("<tool_call>{{ {'name': f.name, 'arguments': f.arguments} | tojson }}</tool_call>"))
                .isEqualTo(ToolSyntax.HERMES);
        assertThat(syntax("{{ {'name': f.name, 'parameters': f.arguments} | tojson }}"))
                .isEqualTo(ToolSyntax.LLAMA3_JSON);
        assertThat(syntax("[TOOL_CALLS][{{ {'name': f.name, 'arguments': f.arguments} | tojson }}]"))
                .isEqualTo(ToolSyntax.MISTRAL);
        assertThat(syntax("[TOOL_CALLS]{{ f.name }}[ARGS]{{ f.arguments | tojson }}"))
                .isEqualTo(ToolSyntax.MISTRAL_NAMED);
        assertThat(syntax(
                        "<tool_call>\n<function={{ f.name }}>\n{% for k, v in f.arguments.items() %}<parameter={{ k }}>\n{{ v }}\n"
                                + "</parameter>\n{% endfor %}</function>\n</tool_call>"))
                .isEqualTo(ToolSyntax.QWEN3_CODER_XML);
        assertThat(syntax("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>{{ f.name }}<｜tool▁sep｜>{{ f.arguments | tojson }}"))
                .isEqualTo(ToolSyntax.DEEPSEEK);
        assertThat(syntax("<｜tool▁call▁begin｜>function<｜tool▁sep｜>{{ f.name }}\n```json\n{{ f.arguments | tojson }}"))
                .isEqualTo(ToolSyntax.DEEPSEEK_R1);
        assertThat(
                        syntax(
                                "<|start|>assistant to=functions.{{ f.name }}<|channel|>commentary json<|message|>{{ f.arguments | tojson }}"))
                .isEqualTo(ToolSyntax.HARMONY);
        assertThat(syntax("<<{{ f.name }}: {{ f.arguments }}>>")).isEqualTo(ToolSyntax.GENERIC);
    }

    private static ToolSyntax syntax(String call) {
        return ChatFormat.detect(parse(SHOWS_TOOLS + TURN + CALLS + call + END), MODEL)
                .tools();
    }

    @Test
    void aTemplateThatWantsArgumentsAsTextOrNoTextBesideCallsGetsThem() {
        ChatTemplate template = parse(SHOWS_TOOLS
                + "{% for m in messages %}{% if m.content is none %}" + CALLS
                + "<tool_call>{{ '{\"name\": \"' + f.name + '\", \"arguments\": ' + f.arguments + '}' }}</tool_call>{% endfor %}"
                + "{% else %}{{ m.content }}{% endif %}{% endfor %}");
        ChatFormat format = ChatFormat.detect(template, MODEL);
        assertThat(format.callArguments()).isEqualTo(ChatFormat.CallArguments.TEXT);
        assertThat(format.callContent()).isEqualTo(ChatFormat.CallContent.NONE);
        assertThat(render(template, format, afterCall("1")))
                .contains("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Oslo\"}}</tool_call>");
    }

    @Test
    void reasoningMarksAreFoundAroundReasoningAtThePromptsEndOrInTheSource() {
        assertThat(reasoning(
                        "{% for m in messages %}{% if m.reasoning_content %}<thinking>\n{{ m.reasoning_content }}\n</thinking>"
                                + "{% endif %}{{ m.content }}{% endfor %}"))
                .contains(new ReasoningMarks("<thinking>", "</thinking>"));
        assertThat(
                        reasoning(
                                "{% for m in messages %}{{ m.content }}{% endfor %}{% if enable_thinking %}<seed:think>{% endif %}"))
                .contains(new ReasoningMarks("<seed:think>", "</seed:think>"));
        assertThat(reasoning("{% for m in messages %}{{ m.content.split('</think>')[-1] }}{% endfor %}"))
                .contains(ReasoningMarks.THINK);
        assertThat(reasoning("{% for m in messages %}{{ m.content }}{% endfor %}"))
                .isEmpty();
    }

    private static Optional<ReasoningMarks> reasoning(String source) {
        return ChatFormat.detect(parse(source), MODEL).reasoning();
    }

    @Test
    void aReplyStartsInReasoningIfThePromptOpenedIt() {
        ChatFormat format = Replies.format(ToolSyntax.HERMES);
        assertThat(format.startsInReasoning("<|im_start|>assistant\n<think>\n")).isTrue();
        assertThat(format.startsInReasoning("<|im_start|>assistant\n<think>\n\n</think>\n\n"))
                .isFalse();
        assertThat(ChatFormat.PLAIN.startsInReasoning("<think>\n")).isFalse();
    }

    @Test
    void aTemplateWithoutToolsShowsThemInASystemMessageAndCallsAsText() {
        ChatTemplate template = parse(ChatTemplate.CHATML);
        ChatFormat format = ChatFormat.detect(template, MODEL);
        assertThat(format.tools()).isEqualTo(ToolSyntax.GENERIC);
        String prompt = render(template, format, afterCall("1"));
        assertThat(prompt)
                .startsWith("<|im_start|>system\n# Tools")
                .contains("\"name\":\"get_weather\"")
                .contains(
                        "assistant\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Oslo\"}}\n</tool_call><|im_end|>")
                .contains("user\n<tool_response>\n12 degrees\n</tool_response><|im_end|>");
    }

    @Test
    void whereSystemMessagesAreRefusedTheFirstQuestionTellsOfTheTools() {
        ChatTemplate template =
                parse("{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
                        + "[{{ m.role }}]{{ m.content }}{% endfor %}");
        ChatFormat format = ChatFormat.detect(template, MODEL);
        assertThat(format.takesSystem()).isFalse();
        assertThat(render(template, format, afterCall("1")))
                .startsWith("[user]# Tools")
                .contains("Weather?[assistant]<tool_call>");
    }

    @Test
    void withoutToolsAndCallsAConversationStaysAsItIs() {
        Conversation plain = new Conversation(
                List.of(ChatMessage.of(Role.SYSTEM, "Be brief."), ChatMessage.of(Role.USER, "Hi")),
                List.of(),
                Map.of());
        assertThat(ChatFormat.PLAIN.adapt(plain)).isEqualTo(plain);
    }
}
