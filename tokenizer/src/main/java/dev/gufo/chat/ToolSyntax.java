package dev.gufo.chat;

/** How a model writes the calls of tools. */
public enum ToolSyntax {
    /** {@code <tool_call>{"name": …, "arguments": …}</tool_call>}: Hermes, Qwen 2.5 and 3, Granite 4 and many more. */
    HERMES,
    /**
     * {@code {"name": …, "parameters": …}} as the whole reply, perhaps behind {@code <|python_tag|>}: Llama 3.1 to 3.3.
     */
    LLAMA3_JSON,
    /** {@code [TOOL_CALLS][{"name": …, "arguments": …}]}: Mistral until 2024. */
    MISTRAL,
    /** {@code [TOOL_CALLS]name[ARGS]{…}}: Mistral since. */
    MISTRAL_NAMED,
    /**
     * {@code <tool_call><function=name><parameter=key>value</parameter></function></tool_call>}: Qwen3-Coder, Qwen 3.5,
     * Nemotron 3.
     */
    QWEN3_CODER_XML,
    /** Marks with full-width bars around type, name and a fenced block of JSON: DeepSeek R1 and V3. */
    DEEPSEEK_R1,
    /** The same marks around name and JSON: DeepSeek V3.1. */
    DEEPSEEK,
    /** {@code <|channel|>commentary to=functions.name<|message|>{…}<|call|>}: gpt-oss. */
    HARMONY,
    /**
     * {@code <|tool_calls_section_begin|><|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}}: Kimi K2.
     */
    KIMI,
    /** {@code <function=name>{…}</function>}: Functionary 3.1. */
    FUNCTION_TAG,
    /** {@code <TOOLCALL>[{"name": …, "arguments": …}]</TOOLCALL>}: Nemotron Nano 2. */
    NEMOTRON,
    /** {@code <tool_calls>[{"name": …, "arguments": …}]</tool_calls>}: Apriel, Hunyuan A13B. */
    APRIEL,
    /** {@code <|function_call|>{"name": …, "arguments": …}}: GigaChat. */
    GIGACHAT,
    /** Parameters one by one in {@code <invoke name="…">}: MiniMax M2. */
    MINIMAX,
    /**
     * {@code <tool_call>name<arg_key>key</arg_key><arg_value>value</arg_value></tool_call>}: GLM 4.5 to 4.7, Ling,
     * Laguna.
     */
    GLM,
    /**
     * The same with {@code <tool_sep>} behind the name, a section around the calls, and a suffix in all marks: Hunyuan
     * 3.
     */
    HUNYUAN_3,
    /** {@code <｜DSML｜function_calls>} around {@code <｜DSML｜invoke name="…">} with typed parameters: DeepSeek V3.2. */
    DEEPSEEK_V3_2,
    /** The same in {@code <｜DSML｜tool_calls>}: DeepSeek V4. */
    DEEPSEEK_V4,
    /** Parameters one by one in {@code <seed:tool_call>}: Seed-OSS. */
    SEED_OSS,
    /** {@code <|tool_call_start|>[name(key="value")]<|tool_call_end|>}: LFM2. */
    LFM2,
    /** {@code <|tool_call>call:name{key:<|"|>value<|"|>}<tool_call|>}: Gemma 4. */
    GEMMA_4,
    /** Elements within elements, with a mark before each tag: MiniMax M3. */
    MINIMAX_M3,
    /** {@code <|tool_call|>[{"name": …, "arguments": …}]}: Granite 3. */
    GRANITE_3,
    /** {@code <|START_ACTION|>[{"tool_name": …, "parameters": …}]<|END_ACTION|>}: Command R7B, Command A. */
    COHERE,
    /** {@code >>>name} on a line before the JSON, {@code >>>all} before content: Functionary 3.2. */
    FUNCTIONARY,
    /** {@code <|tools_prefix|>[{"name": {…}}]<|tools_suffix|>}: Apertus. */
    APERTUS,
    /**
     * {@code <|tool_calls|><|tool_call:begin|>id<|tool_call:name|>name<|tool_call:args|>{…}<|tool_call:end|><|calls|>}:
     * Solar Open.
     */
    SOLAR,
    /**
     * {@code <function name="…"><param name="key">value</param></function>}, values in CDATA sections where XML wants
     * it: MiniCPM5.
     */
    MINICPM_5,
    /** Messages to a tool, with parameters one by one in {@code <atem:invoke name="…">}: Muse Glimmer. */
    MUSE,
    /**
     * What models are asked to write whose template knows no tools, or calls in a form that is none of these: that of
     * {@link #HERMES}.
     */
    GENERIC;

    /** Whether a reply has marks of its own around content too, so that it has to be read even if it calls nothing. */
    public boolean marksContent() {
        return this == HARMONY || this == FUNCTIONARY || !form().contentMarks().isEmpty();
    }

    /** How that is recognized, read and prescribed. */
    CallForm form() {
        return CallForms.of(this);
    }
}
