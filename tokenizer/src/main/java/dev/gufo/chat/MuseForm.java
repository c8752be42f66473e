package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.chat.ToolGrammar.Trigger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Muse Glimmer's messages: each names its recipient, which is the model itself for reasoning, the user for content, or
 * a tool. The prompt ends with the mark before the first.
 */
record MuseForm() implements CallForm {
    static final ParameterForm CALLS = ParameterForm.inLine(
            "<atem:function_calls>",
            "<atem:invoke name=\"",
            "\">",
            "<atem:parameter name=\"",
            "\">",
            "</atem:parameter>",
            "</atem:invoke>",
            "</atem:function_calls>");

    private static final String SPEAKER = "<|start|>assistant";
    private static final String RECIPIENT = " to=";
    private static final String MESSAGE = "<|message|>";
    private static final String END = "<|eom|>";
    private static final String END_OF_TURN = "<|eot|>";
    private static final String TO_USER = RECIPIENT + "user" + MESSAGE;

    @Override
    public boolean recognizes(String turn, String name) {
        return turn.contains(RECIPIENT + name + MESSAGE) && CALLS.recognizes(turn, name);
    }

    @Override
    public Optional<ReasoningMarks> reasoning() {
        return Optional.of(new ReasoningMarks(RECIPIENT + "self" + MESSAGE, END));
    }

    @Override
    public List<Opening> openings() {
        return Stream.concat(Opening.anywhere(RECIPIENT).stream(), CALLS.openings().stream())
                .toList();
    }

    @Override
    public boolean begins(String rest) {
        return rest.startsWith(RECIPIENT) ? rest.contains(MESSAGE) : CALLS.begins(rest);
    }

    @Override
    public List<String> contentMarks() {
        return List.of(SPEAKER, TO_USER, END, END_OF_TURN);
    }

    @Override
    public CallParser parser(Calls calls) {
        return new ParameterCalls(CALLS, new ParameterCalls.Recipient(RECIPIENT, MESSAGE), calls);
    }

    @Override
    public String write(String name, String arguments) {
        return RECIPIENT + name + MESSAGE + CALLS.write(name, arguments);
    }

    @Override
    public Map<String, Object> shown(ToolDefinition tool, Map<String, Object> arguments) {
        return CALLS.shown(tool, arguments);
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(offered -> "( " + literal(RECIPIENT + offered.name() + MESSAGE) + " ws )? "
                + literal(CALLS.open()) + " ws " + CALLS.call(offered, grammar) + " ws " + literal(CALLS.close()));
        grammar.rule("call", literal(SPEAKER) + "? " + tool);
        return grammar.several("call", "ws " + literal(END) + "? ws");
    }

    @Override
    public String content(String rule) {
        return literal(SPEAKER) + "? " + literal(TO_USER) + " ws " + rule + " ( " + literal(END_OF_TURN) + " )?";
    }

    @Override
    public List<Trigger> triggers(List<ToolDefinition> tools) {
        return Stream.concat(
                        tools.stream().map(tool -> new Trigger(RECIPIENT + tool.name() + MESSAGE, false)),
                        Stream.of(new Trigger(CALLS.open(), false)))
                .toList();
    }
}
