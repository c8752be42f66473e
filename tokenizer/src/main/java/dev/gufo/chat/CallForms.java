package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.schema.BareText;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The marks of every syntax, as models were trained on them. */
final class CallForms {
    private static final Map<ToolSyntax, CallForm> BY_SYNTAX = Collections.unmodifiableMap(new EnumMap<>(
            Arrays.stream(ToolSyntax.values()).collect(Collectors.toMap(Function.identity(), CallForms::create))));

    private CallForms() {}

    static CallForm of(ToolSyntax syntax) {
        return requireNonNull(BY_SYNTAX.get(syntax));
    }

    private static CallForm create(ToolSyntax syntax) {
        return switch (syntax) {
            case HERMES -> new JsonForm("<tool_call>", "</tool_call>", "arguments", false);
            case LLAMA3_JSON -> new JsonForm("", "", "parameters", false);
            case MISTRAL -> new MistralForm(false);
            case MISTRAL_NAMED -> new MistralForm(true);
            case QWEN3_CODER_XML -> ParameterForm.QWEN;
            case DEEPSEEK_R1 ->
                new NamedForm(
                        "<｜tool▁calls▁begin｜>",
                        "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
                        "\n```json\n",
                        "\n```<｜tool▁call▁end｜>",
                        "<｜tool▁calls▁end｜>");
            case DEEPSEEK ->
                new NamedForm(
                        "<｜tool▁calls▁begin｜>",
                        "<｜tool▁call▁begin｜>",
                        "<｜tool▁sep｜>",
                        "<｜tool▁call▁end｜>",
                        "<｜tool▁calls▁end｜>");
            case HARMONY -> new HarmonyForm();
            case KIMI ->
                new NamedForm(
                        "<|tool_calls_section_begin|>",
                        "<|tool_call_begin|>",
                        "<|tool_call_argument_begin|>",
                        "<|tool_call_end|>",
                        "<|tool_calls_section_end|>");
            case FUNCTION_TAG -> new NamedForm("", "<function=", ">", "</function>", "");
            case NEMOTRON -> new JsonForm("<TOOLCALL>", "</TOOLCALL>", "arguments", true);
            case APRIEL -> new JsonForm("<tool_calls>", "</tool_calls>", "arguments", true);
            case GIGACHAT -> new JsonForm("<|function_call|>", "", "arguments", false);
            case MINIMAX ->
                ParameterForm.inLine(
                        "<minimax:tool_call>",
                        "<invoke name=\"",
                        "\">",
                        "<parameter name=\"",
                        "\">",
                        "</parameter>",
                        "</invoke>",
                        "</minimax:tool_call>");
            case GLM -> PairForm.GLM;
            case HUNYUAN_3 -> PairForm.HUNYUAN_3;
            case DEEPSEEK_V3_2 -> PairForm.deepSeek("function_calls");
            case DEEPSEEK_V4 -> PairForm.deepSeek("tool_calls");
            case SEED_OSS ->
                ParameterForm.inLine(
                        "<seed:tool_call>",
                        "<function=",
                        ">",
                        "<parameter=",
                        ">",
                        "</parameter>",
                        "</function>",
                        "</seed:tool_call>");
            case LFM2 -> LiteralForm.PYTHON;
            case GEMMA_4 -> LiteralForm.GEMMA;
            case MINIMAX_M3 -> new ElementForm();
            case GRANITE_3 -> new JsonForm("<|tool_call|>", "", "arguments", true);
            case COHERE -> new CohereForm();
            case FUNCTIONARY -> new RecipientForm();
            case APERTUS -> new NamedForm("<|tools_prefix|>[", "{\"", "", "\":", "}", ",", "]<|tools_suffix|>");
            case SOLAR -> new SolarForm();
            case MINICPM_5 ->
                new ParameterForm(
                        "",
                        "<function name=\"",
                        "\">",
                        "<param name=\"",
                        "\">",
                        "</param>",
                        "</function>",
                        "",
                        false,
                        BareText.Quoting.CDATA);
            case MUSE -> new MuseForm();
            case GENERIC -> new JsonForm("<tool_call>", "</tool_call>", "arguments", false);
        };
    }
}
