package dev.gufo.chat;

import java.util.List;

/** Two calls, or one and some text, as models of every format write them. */
final class OutputCorpus {
    private static final String WEATHER = "{\"city\": \"Zürich 😀\", \"days\": 3}";
    private static final String NOTE = "{\"text\": \"a \\\"b\\\" {c}\\n</x>\", \"tags\": [\"d\"]}";
    private static final String WEATHER_CALL = "call0:id0:get_weather arguments0:" + WEATHER + " end0";
    private static final String NOTE_CALL = " call1:id1:add_note arguments1:" + NOTE + " end1";

    /**
     * A reply and what it means.
     *
     * @param calls the part that the grammar must accept
     */
    record Sample(ToolSyntax syntax, String before, String calls, String expected) {}

    private static Sample two(ToolSyntax syntax, String calls) {
        return new Sample(
                syntax,
                "<think>\nHm, <tool_call>?\n</think>\n\n",
                calls,
                "reasoning:Hm, <tool_call>? " + WEATHER_CALL + NOTE_CALL);
    }

    static final List<Sample> ALL = List.of(
            two(
                    ToolSyntax.HERMES,
                    "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": " + WEATHER + "}\n</tool_call>\n"
                            + "<tool_call>\n{\"name\": \"add_note\", \"arguments\": " + NOTE + "}\n</tool_call>"),
            two(
                    ToolSyntax.GENERIC,
                    "<tool_call>{\"name\":\"get_weather\",\"arguments\":" + WEATHER + "}</tool_call>"
                            + "<tool_call>{\"name\":\"add_note\",\"arguments\":" + NOTE + "}</tool_call>"),
            two(
                    ToolSyntax.LLAMA3_JSON,
                    "{\"name\": \"get_weather\", \"parameters\": " + WEATHER
                            + "}; {\"type\": \"function\", \"name\": \"add_note\", " + "\"parameters\": " + NOTE + "}"),
            two(
                    ToolSyntax.LLAMA3_JSON,
                    "<|python_tag|>{\"name\": \"get_weather\", \"parameters\": " + WEATHER
                            + "}\n{\"name\": \"add_note\", " + "\"parameters\": " + NOTE + "}"),
            two(
                    ToolSyntax.MISTRAL,
                    "[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": " + WEATHER + ", \"id\": \"abcdefghi\"}, "
                            + "{\"name\": \"add_note\", \"arguments\": " + NOTE + "}]"),
            two(
                    ToolSyntax.MISTRAL_NAMED,
                    "[TOOL_CALLS]get_weather[ARGS]" + WEATHER + "[TOOL_CALLS]add_note[CALL_ID]abcdefghi[ARGS]" + NOTE),
            two(
                    ToolSyntax.DEEPSEEK,
                    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>" + WEATHER
                            + "<｜tool▁call▁end｜><｜tool▁call▁begin｜>add_note<｜tool▁sep｜>" + NOTE
                            + "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
            two(
                    ToolSyntax.DEEPSEEK_R1,
                    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n" + WEATHER
                            + "\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>add_note\n```json\n"
                            + NOTE
                            + "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
            two(
                    ToolSyntax.KIMI,
                    "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>"
                            + WEATHER
                            + "<|tool_call_end|><|tool_call_begin|>functions.add_note:1<|tool_call_argument_begin|>"
                            + NOTE
                            + "<|tool_call_end|><|tool_calls_section_end|>"),
            two(
                    ToolSyntax.FUNCTION_TAG,
                    "<function=get_weather>" + WEATHER + "</function><function=add_note>" + NOTE + "</function>"),
            two(
                    ToolSyntax.NEMOTRON,
                    "<TOOLCALL>[{\"name\": \"get_weather\", \"arguments\": " + WEATHER
                            + "}, {\"name\": \"add_note\", \"arguments\": " + NOTE + "}]</TOOLCALL>"),
            two(
                    ToolSyntax.APRIEL,
                    "<tool_calls>[{\"name\": \"get_weather\", \"arguments\": " + WEATHER
                            + ", \"id\": \"1\"}, {\"name\": \"add_note\", " + "\"arguments\": " + NOTE
                            + "}]</tool_calls>"),
            two(
                    ToolSyntax.GIGACHAT,
                    "<|function_call|>{\"name\": \"get_weather\", \"arguments\": " + WEATHER
                            + "}<|function_call|>{\"name\": \"add_note\", \"arguments\": " + NOTE + "}"),
            two(ToolSyntax.QWEN3_CODER_XML, """
                    <tool_call>
                    <function=get_weather>
                    <parameter=city>
                    Zürich 😀
                    </parameter>
                    <parameter=days>
                    3
                    </parameter>
                    </function>
                    </tool_call>
                    <tool_call>
                    <function=add_note>
                    <parameter=text>
                    a "b" {c}
                    </x>
                    </parameter>
                    <parameter=tags>
                    ["d"]
                    </parameter>
                    </function>
                    </tool_call>"""),
            two(ToolSyntax.MINIMAX, """
                    <minimax:tool_call>
                    <invoke name="get_weather">
                    <parameter name="city">Zürich 😀</parameter>
                    <parameter name="days">3</parameter>
                    </invoke>
                    <invoke name="add_note">
                    <parameter name="text">a "b" {c}
                    </x></parameter>
                    <parameter name="tags">["d"]</parameter>
                    </invoke>
                    </minimax:tool_call>"""),
            two(
                    ToolSyntax.GLM,
                    "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Zürich"
                            + " 😀</arg_value><arg_key>days</arg_key><arg_value>3</arg_value></tool_call>\n"
                            + "<tool_call>add_note\n"
                            + "<arg_key>text</arg_key>\n"
                            + "<arg_value>a \"b\" {c}\n"
                            + "</x></arg_value>\n"
                            + "<arg_key>tags</arg_key>\n"
                            + "<arg_value>[\"d\"]</arg_value>\n"
                            + "</tool_call>"),
            two(ToolSyntax.HUNYUAN_3, """
                <tool_calls:opensource>
                <tool_call:opensource>get_weather<tool_sep:opensource>
                <arg_key:opensource>city</arg_key:opensource>
                <arg_value:opensource>Zürich 😀</arg_value:opensource>
                <arg_key:opensource>days</arg_key:opensource>
                <arg_value:opensource>3</arg_value:opensource>
                </tool_call:opensource>
                <tool_call:opensource>add_note<tool_sep:opensource>
                <arg_key:opensource>text</arg_key:opensource>
                <arg_value:opensource>a "b" {c}
                </x></arg_value:opensource>
                <arg_key:opensource>tags</arg_key:opensource>
                <arg_value:opensource>["d"]</arg_value:opensource>
                </tool_call:opensource>
                </tool_calls:opensource>\
                """),
            two(ToolSyntax.DEEPSEEK_V3_2, deepSeek("function_calls")),
            two(ToolSyntax.DEEPSEEK_V4, deepSeek("tool_calls")),
            two(ToolSyntax.SEED_OSS, """
                <seed:tool_call>
                <function=get_weather>
                <parameter=city>Zürich 😀</parameter>
                <parameter=days>3</parameter>
                </function>
                </seed:tool_call>
                <seed:tool_call>
                <function=add_note>
                <parameter=text>a "b" {c}
                </x></parameter>
                <parameter=tags>["d"]</parameter>
                </function>
                </seed:tool_call>\
                """),
            two(
                    ToolSyntax.LFM2,
                    "<|tool_call_start|>[get_weather(city=\"Zürich 😀\", days=3), "
                            + "add_note(text='a \"b\" {c}\\n</x>', tags=[\"d\"])]<|tool_call_end|>"),
            new Sample(
                    ToolSyntax.GEMMA_4,
                    "<think>Hm.</think>",
                    "<|tool_call>call:get_weather{city:<|\"|>Zürich"
                            + " 😀<|\"|>,days:3}<tool_call|><|tool_call>call:add_note{tags:[<|\"|>d<|\"|>],text:<|\"|>a"
                            + " \"b\" {c}\n"
                            + "</x><|\"|>}<tool_call|>",
                    "reasoning:Hm. " + WEATHER_CALL
                            + " call1:id1:add_note arguments1:{\"tags\": [\"d\"], \"text\": \"a \\\"b\\\" {c}\\n"
                            + "</x>\"} end1"),
            two(ToolSyntax.MINIMAX_M3, """
                #<tool_call>
                #<invoke name="get_weather">#<city>Zürich 😀#</city>#<days>3#</days>#</invoke>
                #<invoke name="add_note">#<text>a "b" {c}
                </x>#</text>#<tags>#<item>d#</item>#</tags>#</invoke>
                #</tool_call>\
                """.replace("#", "]<]minimax[>[")),
            two(
                    ToolSyntax.GRANITE_3,
                    "<|tool_call|>[{\"name\": \"get_weather\", \"arguments\": " + WEATHER
                            + "}, {\"name\": \"add_note\", \"arguments\": " + NOTE + "}]"),
            two(
                    ToolSyntax.COHERE,
                    "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"get_weather\", \"parameters\": "
                            + WEATHER
                            + "},\n    {\"tool_call_id\": \"1\", \"tool_name\": \"add_note\", \"parameters\": "
                            + NOTE
                            + "}\n]<|END_ACTION|>"),
            two(
                    ToolSyntax.APERTUS,
                    "<|tools_prefix|>[{\"get_weather\": " + WEATHER + "}, {\"add_note\": " + NOTE
                            + "}]<|tools_suffix|>"),
            two(
                    ToolSyntax.MINICPM_5,
                    "<function name=\"get_weather\"><param name=\"city\">Zürich 😀</param>"
                            + "<param name=\"days\">3</param></function>\n"
                            + "<function name=\"add_note\"><param name=\"text\"><![CDATA[a \"b\" {c}\n</x>]]></param>"
                            + "<param name=\"tags\">[\"d\"]</param></function>"),
            new Sample(
                    ToolSyntax.SOLAR,
                    "<|think|>Hm.<|end|>",
                    "<|begin|>assistant<|tool_calls|><|tool_call:begin|>a1b2c3d4e5<|tool_call:name|>get_weather"
                            + "<|tool_call:args|>" + WEATHER
                            + "<|tool_call:end|><|tool_call:begin|>0<|tool_call:name|>add_note<|tool_call:args|>" + NOTE
                            + "<|tool_call:end|><|calls|>",
                    "reasoning:Hm. " + WEATHER_CALL + NOTE_CALL),
            new Sample(
                    ToolSyntax.SOLAR,
                    "<|think|>Hm.<|end|><|begin|>assistant<|content|>Yes <b>.<|end|>",
                    "",
                    "reasoning:Hm. content:Yes <b>."),
            new Sample(
                    ToolSyntax.MUSE, " to=self<|message|>Hm.<|eom|>", """
                    <|start|>assistant to=get_weather<|message|><atem:function_calls>
                    <atem:invoke name="get_weather">
                    <atem:parameter name="city">Zürich 😀</atem:parameter>
                    <atem:parameter name="days">3</atem:parameter>
                    </atem:invoke>
                    </atem:function_calls><|eom|><|start|>assistant to=add_note<|message|><atem:function_calls>
                    <atem:invoke name="add_note">
                    <atem:parameter name="text">a "b" {c}
                    </x></atem:parameter>
                    <atem:parameter name="tags">["d"]</atem:parameter>
                    </atem:invoke>
                    </atem:function_calls>""", "reasoning:Hm. " + WEATHER_CALL + NOTE_CALL),
            new Sample(
                    ToolSyntax.MUSE,
                    " to=self<|message|>Hm.<|eom|><|start|>assistant to=user<|message|>Yes, to=you <b>.<|eot|>",
                    "",
                    "reasoning:Hm. content:Yes, to=you <b>."),
            new Sample(
                    ToolSyntax.FUNCTIONARY,
                    "",
                    "get_weather\n" + WEATHER + ">>>add_note\n" + NOTE,
                    WEATHER_CALL + NOTE_CALL),
            new Sample(
                    ToolSyntax.HARMONY,
                    "<|channel|>analysis<|message|>Hm.<|end|>",
                    "<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>"
                            + WEATHER + "<|call|>",
                    "reasoning:Hm. " + WEATHER_CALL),
            new Sample(
                    ToolSyntax.HARMONY,
                    "",
                    " to=functions.get_weather<|channel|>commentary json<|message|>" + WEATHER,
                    WEATHER_CALL),
            new Sample(
                    ToolSyntax.HARMONY,
                    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes <b>.",
                    "",
                    "reasoning:Hm. content:Yes <b>."));

    private OutputCorpus() {}

    private static String deepSeek(String section) {
        return """
            <#SECTION>
            <#invoke name="get_weather">
            <#parameter name="city" string="true">Zürich 😀</#parameter>
            <#parameter name="days" string="false">3</#parameter>
            </#invoke>
            <#invoke name="add_note">
            <#parameter name="text" string="true">a "b" {c}
            </x></#parameter>
            <#parameter name="tags" string="false">["d"]</#parameter>
            </#invoke>
            </#SECTION>\
            """.replace("SECTION", section).replace("#", "｜DSML｜");
    }
}
