package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.List;
import java.util.regex.Pattern;

/** Command R7B's and Command A's calls: an array of objects with keys of their own, and marks around the answer too. */
record CohereForm() implements CallForm {
    private static final String OPEN = "<|START_ACTION|>";
    private static final String CLOSE = "<|END_ACTION|>";

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile(Pattern.quote(OPEN) + "\\s*\\[\\s*\\{[^{}]*\"tool_name\"\\s*:\\s*\""
                        + Pattern.quote(name) + "\"")
                .matcher(turn)
                .find();
    }

    @Override
    public boolean toldBy(String prompt) {
        return prompt.contains(OPEN);
    }

    @Override
    public List<Opening> openings() {
        return Opening.anywhere(OPEN);
    }

    @Override
    public List<String> contentMarks() {
        return List.of("<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>");
    }

    @Override
    public CallParser parser(Calls calls) {
        return new JsonCalls(List.of(OPEN), CLOSE, false, calls);
    }

    @Override
    public String write(String name, String arguments) {
        return OPEN + "[\n    {\"tool_call_id\": \"0\", \"tool_name\": " + PlainJson.text(name) + ", \"parameters\": "
                + arguments + "}\n]" + CLOSE;
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String object = grammar.anyTool(tool -> "\"{\" ws ( " + key("tool_call_id")
                + "\"\\\"\" [a-zA-Z0-9_-]{1,40} \"\\\"\" ws \",\" ws )? " + key("tool_name")
                + literal(PlainJson.text(tool.name())) + " ws \",\" ws " + key("parameters")
                + grammar.json(tool.parameters()) + " ws \"}\"");
        return literal(OPEN) + " ws \"[\" ws " + grammar.several(object, "ws \",\" ws") + " ws \"]\" ws "
                + literal(CLOSE);
    }

    private static String key(String key) {
        return literal('"' + key + '"') + " ws \":\" ws ";
    }
}
