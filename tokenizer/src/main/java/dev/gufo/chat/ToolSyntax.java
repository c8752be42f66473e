package dev.gufo.chat;

/** How a model writes the calls of tools. */
public enum ToolSyntax {
    /** {@code <tool_call>{"name": …, "arguments": …}</tool_call>}: Hermes, Qwen 2.5 and 3, Granite 4 and many more. */
    HERMES(new JsonForm("<tool_call>", "</tool_call>", "arguments", false)),
    /** {@code {"name": …, "parameters": …}} as the whole reply, perhaps behind {@code <|python_tag|>}: Llama 3.1 to 3.3. */
    LLAMA3_JSON(new JsonForm("", "", "parameters", false)),
    /** {@code [TOOL_CALLS][{"name": …, "arguments": …}]}: Mistral until 2024. */
    MISTRAL(new MistralForm(false)),
    /** {@code [TOOL_CALLS]name[ARGS]{…}}: Mistral since. */
    MISTRAL_NAMED(new MistralForm(true)),
    /** {@code <tool_call><function=name><parameter=key>value</parameter></function></tool_call>}: Qwen3-Coder, Qwen 3.5, Nemotron 3. */
    QWEN3_CODER_XML(ParameterForm.QWEN),
    /** Marks with full-width bars around type, name and a fenced block of JSON: DeepSeek R1 and V3. */
    DEEPSEEK_R1(new NamedForm(
            "<｜tool▁calls▁begin｜>",
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
            "\n```json\n",
            "\n```<｜tool▁call▁end｜>",
            "<｜tool▁calls▁end｜>")),
    /** The same marks around name and JSON: DeepSeek V3.1. */
    DEEPSEEK(new NamedForm(
            "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>")),
    /** {@code <|channel|>commentary to=functions.name<|message|>{…}<|call|>}: gpt-oss. */
    HARMONY(new HarmonyForm()),
    /** {@code <|tool_calls_section_begin|><|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}}: Kimi K2. */
    KIMI(new NamedForm(
            "<|tool_calls_section_begin|>",
            "<|tool_call_begin|>",
            "<|tool_call_argument_begin|>",
            "<|tool_call_end|>",
            "<|tool_calls_section_end|>")),
    /** {@code <function=name>{…}</function>}: Functionary 3.1. */
    FUNCTION_TAG(new NamedForm("", "<function=", ">", "</function>", "")),
    /** {@code <TOOLCALL>[{"name": …, "arguments": …}]</TOOLCALL>}: Nemotron Nano 2. */
    NEMOTRON(new JsonForm("<TOOLCALL>", "</TOOLCALL>", "arguments", true)),
    /** {@code <tool_calls>[{"name": …, "arguments": …}]</tool_calls>}: Apriel. */
    APRIEL(new JsonForm("<tool_calls>", "</tool_calls>", "arguments", true)),
    /** {@code <|function_call|>{"name": …, "arguments": …}}: GigaChat. */
    GIGACHAT(new JsonForm("<|function_call|>", "", "arguments", false)),
    /** Parameters one by one in {@code <invoke name="…">}: MiniMax M2. */
    MINIMAX(new ParameterForm(
            "<minimax:tool_call>",
            "<invoke name=\"",
            "\">",
            "<parameter name=\"",
            "\">",
            "</parameter>",
            "</invoke>",
            "</minimax:tool_call>",
            false)),
    /** What models are asked to write whose template knows no tools, or calls in a form that is none of these: that of {@link #HERMES}. */
    GENERIC(new JsonForm("<tool_call>", "</tool_call>", "arguments", false));

    private final CallForm form;

    ToolSyntax(CallForm form) {
        this.form = form;
    }

    CallForm form() {
        return form;
    }
}
