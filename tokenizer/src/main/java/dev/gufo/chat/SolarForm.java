package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.List;
import java.util.Optional;

/** Solar Open's messages: reasoning, content and calls begin with a mark each, and a reply may hold several of them. */
record SolarForm() implements CallForm {
    private static final String SPEAKER = "<|begin|>assistant";
    private static final String CONTENT = "<|content|>";
    private static final String END = "<|end|>";
    private static final NamedForm CALLS = new NamedForm(
            "<|tool_calls|>",
            "<|tool_call:begin|>",
            "<|tool_call:name|>",
            "<|tool_call:args|>",
            "<|tool_call:end|>",
            "",
            "<|calls|>");

    @Override
    public boolean recognizes(String turn, String name) {
        return CALLS.recognizes(turn, name);
    }

    @Override
    public Optional<ReasoningMarks> reasoning() {
        return Optional.of(new ReasoningMarks("<|think|>", END));
    }

    @Override
    public List<Opening> openings() {
        return CALLS.openings();
    }

    @Override
    public List<String> contentMarks() {
        return List.of(SPEAKER, CONTENT, END);
    }

    @Override
    public CallParser parser(Calls calls) {
        return CALLS.parser(calls);
    }

    @Override
    public String write(String name, String arguments) {
        return CALLS.write(name, arguments);
    }

    @Override
    public String grammar(CallGrammar grammar) {
        return "( " + literal(SPEAKER) + " ws )? " + CALLS.grammar(grammar);
    }

    @Override
    public String content(String rule) {
        return "( " + literal(SPEAKER) + " ws )? " + literal(CONTENT) + " ws " + rule + " ( " + literal(END) + " )?";
    }
}
