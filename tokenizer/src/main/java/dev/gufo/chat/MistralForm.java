package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Mistral's calls: an array of objects behind {@code [TOOL_CALLS]}, or in newer models that mark before each name and
 * {@code [ARGS]} before the arguments. Both are read, whichever the template writes.
 *
 * @param named whether the model writes the newer form
 */
record MistralForm(boolean named) implements CallForm {
    static final String MARK = "[TOOL_CALLS]";
    static final JsonForm ARRAY = new JsonForm(MARK, "", "arguments", true);

    @Override
    public boolean recognizes(String turn, String name) {
        // Some models also write an id between name and arguments.
        Pattern withName =
                Pattern.compile(Pattern.quote(MARK + name) + "(\\[CALL_ID][^\\[{]*)?" + "(\\[ARGS])?\\s*\\{");
        return named ? withName.matcher(turn).find() : ARRAY.recognizes(turn, name);
    }

    @Override
    public List<Opening> openings() {
        return Opening.anywhere(MARK);
    }

    @Override
    public CallParser parser(Calls calls) {
        return new MistralCalls(calls);
    }

    @Override
    public String write(String name, String arguments) {
        return named ? MARK + name + "[ARGS]" + arguments : ARRAY.write(name, arguments);
    }

    @Override
    public String grammar(CallGrammar grammar) {
        if (!named) {
            return ARRAY.grammar(grammar);
        }
        String tool = grammar.anyTool(offered -> literal(offered.name())
                + " ( \"[CALL_ID]\" [a-zA-Z0-9]{1,40} )? \"[ARGS]\" ws "
                + grammar.json(offered.parameters()));
        grammar.rule("call", literal(MARK) + " " + tool);
        return grammar.several("call", "ws");
    }
}
