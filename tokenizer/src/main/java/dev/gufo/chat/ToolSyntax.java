package dev.gufo.chat;

/** How a model writes the calls of tools. */
public enum ToolSyntax {
    /** {@code <tool_call>{"name": …, "arguments": …}</tool_call>}: Hermes, Qwen 2.5 and 3, Granite 4 and many more. */
    HERMES,
    /** {@code {"name": …, "parameters": …}} as the whole reply, perhaps behind {@code <|python_tag|>}: Llama 3.1 to 3.3. */
    LLAMA3_JSON,
    /** {@code [TOOL_CALLS][{"name": …, "arguments": …}]}: Mistral until 2024. */
    MISTRAL,
    /** {@code [TOOL_CALLS]name[ARGS]{…}}: Mistral since. */
    MISTRAL_NAMED,
    /** {@code <tool_call><function=name><parameter=key>value</parameter></function></tool_call>}: Qwen3-Coder, Qwen 3.5, Nemotron 3. */
    QWEN3_CODER_XML,
    /** Marks with full-width bars around type, name and a fenced block of JSON: DeepSeek R1 and V3. */
    DEEPSEEK_R1,
    /** The same marks around name and JSON: DeepSeek V3.1. */
    DEEPSEEK,
    /** {@code <|channel|>commentary to=functions.name<|message|>{…}<|call|>}: gpt-oss. */
    HARMONY,
    /** {@code <|tool_calls_section_begin|><|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}}: Kimi K2. */
    KIMI,
    /** {@code <function=name>{…}</function>}: Functionary 3.1. */
    FUNCTION_TAG,
    /** {@code <TOOLCALL>[{"name": …, "arguments": …}]</TOOLCALL>}: Nemotron Nano 2. */
    NEMOTRON,
    /** {@code <tool_calls>[{"name": …, "arguments": …}]</tool_calls>}: Apriel. */
    APRIEL,
    /** {@code <|function_call|>{"name": …, "arguments": …}}: GigaChat. */
    GIGACHAT,
    /** Parameters one by one in {@code <invoke name="…">}: MiniMax M2. */
    MINIMAX,
    /** What models are asked to write whose template knows no tools, or calls in a form that is none of these: that of {@link #HERMES}. */
    GENERIC;

    /** How that is recognized, read and prescribed. */
    CallForm form() {
        return CallForms.of(this);
    }
}
