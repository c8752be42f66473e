package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReplyReaderTest {
    private static final String WEATHER = "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}";

    @Test
    void textWithoutMarksIsContentAsItStands() {
        assertThat(Replies.read(ToolSyntax.HERMES, " Hello,\n\nworld. \n")).isEqualTo("content: Hello,\n\nworld. \n");
    }

    @Test
    void reasoningIsSetApartAndWhitespaceAroundItDropped() {
        assertThat(Replies.read(ToolSyntax.HERMES, "\n<think>\nWell,\nyes.\n</think>\n\nYes."))
                .isEqualTo("reasoning:Well,\nyes. content:Yes.");
    }

    @Test
    void aReplyThatStartsInReasoningNeedsNoOpeningMark() {
        for (String reply : List.of("Hm.\n</think>\nYes.", "<think>\nHm.</think>Yes.")) {
            assertThat(Replies.read(Replies.reader(ToolSyntax.HERMES, List.of(), true), List.of(reply)))
                    .isEqualTo("reasoning:Hm. content:Yes.");
        }
    }

    @Test
    void reasoningMarksWithinContentAreText() {
        assertThat(Replies.read(ToolSyntax.HERMES, "The tag <think>x</think> is text."))
                .isEqualTo("content:The tag <think>x</think> is text.");
    }

    @Test
    void severalCallsAreCounted() {
        String call = "<tool_call>\n" + WEATHER + "\n</tool_call>";
        assertThat(Replies.read(ToolSyntax.HERMES, "Let me look.\n" + call + "\n" + call))
                .isEqualTo("content:Let me look. call0:id0:get_weather arguments0:{\"city\": \"Oslo\"} end0"
                        + " call1:id1:get_weather arguments1:{\"city\": \"Oslo\"} end1");
    }

    @Test
    void aCallIsTextIfItsToolIsUnknownOrNoToolsAreOffered() {
        String unknown = "<tool_call>{\"name\": \"fly\", \"arguments\": {}}</tool_call>";
        assertThat(Replies.read(ToolSyntax.HERMES, unknown)).isEqualTo("content:" + unknown);
        String known = "<tool_call>" + WEATHER + "</tool_call>";
        assertThat(Replies.read(Replies.reader(ToolSyntax.HERMES, List.of(), false), List.of(known)))
                .isEqualTo("content:" + known);
    }

    @Test
    void theNameAndTheArgumentsComeAsSoonAsTheyAreCertain() {
        ReplyReader reader = Replies.reader(ToolSyntax.HERMES, Replies.TOOLS, false);
        assertThat(reader.accept("<tool_call>{\"name\": \"get_weather\", \"arguments\": "))
                .isEmpty();
        assertThat(Replies.show(reader.accept("{\"ci"))).isEqualTo("call0:id0:get_weather arguments0:{\"ci");
        assertThat(Replies.show(reader.accept("ty\": \"Os"))).isEqualTo("arguments0:ty\": \"Os");
    }

    @Test
    void argumentsMayBeAStringOrComeFirstOrBeMissing() {
        assertThat(
                        Replies.read(
                                ToolSyntax.HERMES,
                                "<tool_call>{\"name\":\"get_weather\",\"arguments\":\"{\\\"city\\\":\\\"Z\\u00fcrich\\\"}\"}</tool_call>"))
                .isEqualTo("call0:id0:get_weather arguments0:{\"city\":\"Zürich\"} end0");
        assertThat(Replies.read(
                        ToolSyntax.HERMES,
                        "<tool_call>{\"arguments\":{\"city\":\"Oslo\"},\"id\":7,\"name\":\"get_weather\"}</tool_call>"))
                .isEqualTo("call0:id0:get_weather arguments0:{\"city\":\"Oslo\"} end0");
        assertThat(Replies.read(ToolSyntax.HERMES, "<tool_call>{\"name\":\"add_note\"}</tool_call>"))
                .isEqualTo("call0:id0:add_note arguments0:{} end0");
    }

    @Test
    void aMarkThatIsNeverFinishedIsContent() {
        assertThat(Replies.read(ToolSyntax.HERMES, "a <tool")).isEqualTo("content:a <tool");
        assertThat(Replies.read(ToolSyntax.HERMES, "<tool_call> <tool_call>" + WEATHER))
                .isEqualTo("content:<tool_call> call0:id0:get_weather arguments0:{\"city\": \"Oslo\"} end0");
    }

    @Test
    void aCallThatTheEndCutsOffKeepsWhatItHas() {
        assertThat(Replies.read(ToolSyntax.HERMES, "<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Os"))
                .isEqualTo("call0:id0:get_weather arguments0:{\"city\":\"Os");
    }

    @Test
    void brokenArgumentsEndTheCallAndTheRestIsContent() {
        assertThat(Replies.read(
                        ToolSyntax.HERMES,
                        "<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Oslo\"}oops}</tool_call>"))
                .isEqualTo("call0:id0:get_weather arguments0:{\"city\":\"Oslo\"} end0 content:oops}</tool_call>");
    }

    @Test
    void parametersAreTypedByTheirSchemaAndForgottenMarksForgiven() {
        assertThat(
                        Replies.read(
                                ToolSyntax.QWEN3_CODER_XML,
                                "<function=get_weather><parameter=days>2</parameter><parameter=city>\n12\n</parameter></tool_call>Done."))
                .isEqualTo("call0:id0:get_weather arguments0:{\"days\": 2, \"city\": \"12\"} end0 content:Done.");
        assertThat(Replies.read(
                        ToolSyntax.QWEN3_CODER_XML, "<tool_call>\n<function=add_note>\n</function>\n</tool_call>"))
                .isEqualTo("call0:id0:add_note arguments0:{} end0");
    }

    @Test
    void aParameterThatTheEndCutsOffIsTheBeginningOfAString() {
        assertThat(Replies.read(
                        ToolSyntax.QWEN3_CODER_XML, "<tool_call>\n<function=get_weather>\n<parameter=city>\nOs"))
                .isEqualTo("call0:id0:get_weather arguments0:{\"city\": \"Os");
    }

    @Test
    void channelsSetReasoningContentAndCallsApart() {
        assertThat(Replies.read(
                        ToolSyntax.HARMONY,
                        "<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>commentary<|message|>I look."
                                + "<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json"
                                + "<|message|>{\"city\":\"Oslo\"}<|call|>"))
                .isEqualTo("reasoning:Look. content:I look. call0:id0:get_weather arguments0:{\"city\":\"Oslo\"} end0");
    }

    @Test
    void aMessageToAnUnknownFunctionIsContentWithItsMarks() {
        String message = "<|channel|>commentary to=functions.fly json<|message|>{\"to\": 1}<|call|>";
        assertThat(Replies.read(ToolSyntax.HARMONY, message)).isEqualTo("content:" + message);
        String noObject = "<|channel|>commentary to=functions.get_weather json<|message|>Oslo<|call|>";
        assertThat(Replies.read(ToolSyntax.HARMONY, noObject)).isEqualTo("content:" + noObject);
    }

    @Test
    void literalsOfAnyKindBecomeJson() {
        assertThat(Replies.read(
                        ToolSyntax.LFM2,
                        "<|tool_call_start|>[get_weather(city='it\\'s \\u00fc', days=-3.5, a=True, b=None,"
                                + " c=[1, 'x', {'k': False}], d=(1,), e=it's, f='o'clock')]<|tool_call_end|>"))
                .isEqualTo("call0:id0:get_weather arguments0:{\"city\": \"it's ü\", \"days\": -3.5, \"a\": true, \"b\":"
                        + " null, \"c\": [1, \"x\", {\"k\": false}], \"d\": [1], \"e\": \"it's\", \"f\":"
                        + " \"o'clock\"} end0");
        assertThat(Replies.read(
                        ToolSyntax.GEMMA_4,
                        "<|tool_call>call:get_weather{a:{b:[true,None],<|\"|>c d<|\"|>:1},city:<|\"|>x},"
                                + " y<|\"|>}<tool_call|>Done."))
                .isEqualTo("call0:id0:get_weather arguments0:{\"a\": {\"b\": [true, null], \"c d\": 1}, \"city\": \"x},"
                        + " y\"} end0 content:Done.");
        assertThat(Replies.read(ToolSyntax.LFM2, "<|tool_call_start|>[add_note()]<|tool_call_end|>"))
                .isEqualTo("call0:id0:add_note arguments0:{} end0");
        assertThat(Replies.read(ToolSyntax.GEMMA_4, "<|tool_call>call:get_weather{city:<|\"|>Os"))
                .isEqualTo("call0:id0:get_weather arguments0:{\"city\": \"Os");
    }

    @Test
    void elementsBecomeObjectsAndArraysAsTheSchemaTells() {
        String reply = """
            #<tool_call>
            #<invoke name="deep">#<zip>0123#</zip>#<many>#<item>#<a>1#</a>#</item>#<item>#<a>2#</a>#</item>#</many>\
            #<none>#</none>#<free>#<item>x#</item>#<item>#<item>1#</item>#</item>#</free>#</invoke>
            #</tool_call>\
            """.replace("#", "]<]minimax[>[");
        ToolDefinition deep = Replies.tool(
                "deep",
                Map.of(
                        "type",
                        "object",
                        "properties",
                        Map.of(
                                "zip",
                                Map.of("type", "string"),
                                "many",
                                Map.of("type", "array", "items", Map.of("$ref", "#/$defs/a")),
                                "none",
                                Map.of("type", "array")),
                        "$defs",
                        Map.of("a", Map.of("type", "object", "properties", Map.of("a", Map.of("type", "string"))))));
        assertThat(Replies.read(Replies.reader(ToolSyntax.MINIMAX_M3, List.of(deep), false), List.of(reply)))
                .isEqualTo("call0:id0:deep arguments0:{\"zip\": \"0123\", \"many\": [{\"a\": \"1\"}, {\"a\": \"2\"}],"
                        + " \"none\": [], \"free\": [\"x\", [1]]} end0");
    }

    @Test
    void marksAroundContentAreDropped() {
        assertThat(Replies.read(ToolSyntax.COHERE, "<think>Hm.</think><|START_RESPONSE|>Yes.<|END_RESPONSE|>"))
                .isEqualTo("reasoning:Hm. content:Yes.");
        String call = ">>>get_weather\n{\"city\": \"Oslo\"}";
        assertThat(Replies.read(ToolSyntax.FUNCTIONARY, "all\nI look >>> there.\n" + call + ">>>all\nDone."))
                .isEqualTo("content:I look >>> there. call0:id0:get_weather arguments0:{\"city\": \"Oslo\"} end0"
                        + " content:Done.");
        assertThat(Replies.read(ToolSyntax.FUNCTIONARY, "No head.")).isEqualTo("content:No head.");
    }

    @Test
    void jsonThatIsNoCallIsContent() {
        String json = "{\"name\": \"get_weather\", \"description\": \"Tells it.\"}";
        assertThat(Replies.read(ToolSyntax.LLAMA3_JSON, json)).isEqualTo("content:" + json);
        assertThat(Replies.read(ToolSyntax.LLAMA3_JSON, "Write " + json)).isEqualTo("content:Write " + json);
    }
}
