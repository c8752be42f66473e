package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;
import static dev.gufo.chat.CallGrammar.literalAndSpace;

import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.chat.ToolGrammar.Trigger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Calls as JSON objects of name and arguments.
 *
 * @param open mark before the first object; {@code ""} if there is none
 * @param close mark behind the last object; {@code ""} if there is none
 * @param argumentsKey how the model calls the arguments
 * @param array whether the objects stand in an array, even one alone
 */
record JsonForm(String open, String close, String argumentsKey, boolean array) implements CallForm {
    /** Llama 3.1 was also trained to write this before a call. */
    private static final String PYTHON_TAG = "<|python_tag|>";

    @Override
    public boolean recognizes(String turn, String name) {
        String before = open.isEmpty() ? "(^|[>\\]\\s])" : Pattern.quote(open);
        String object =
                "\\s*\\{[^{}]*\"name\"\\s*:\\s*\"" + Pattern.quote(name) + "\"\\s*,\\s*\"" + argumentsKey + "\"";
        return Pattern.compile(before + (array ? "\\s*\\[" : "") + object)
                .matcher(turn)
                .find();
    }

    @Override
    public boolean toldBy(String prompt) {
        // A mark that is a control token stands in a prompt only to tell of it.
        return open.startsWith("<|") && prompt.contains(open);
    }

    @Override
    public List<Opening> openings() {
        return open.isEmpty()
                ? List.of(new Opening(PYTHON_TAG, false), new Opening("{", true))
                : Opening.anywhere(open);
    }

    @Override
    public CallParser parser(Calls calls) {
        var marks = new ArrayList<String>();
        marks.add(open.isEmpty() ? PYTHON_TAG : open);
        if (open.isEmpty()) {
            marks.add("");
        }
        return new JsonCalls(marks, close, open.isEmpty(), calls);
    }

    @Override
    public String write(String name, String arguments) {
        String object = "{\"name\": %s, \"%s\": %s}".formatted(PlainJson.text(name), argumentsKey, arguments);
        String line = open.startsWith("<tool_call>") ? "\n" : "";
        return open + line + (array ? "[" + object + "]" : object) + line + close;
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String object = grammar.anyTool(tool -> object(tool, grammar));
        String first = literalAndSpace(open);
        String last = close.isEmpty() ? "" : " ws " + literal(close);
        if (array) {
            return first + "\"[\" ws " + grammar.several(object, "ws \",\" ws") + " ws \"]\"" + last;
        }
        if (open.isEmpty()) {
            return "( " + literal(PYTHON_TAG) + " ws )? " + grammar.several(object, "ws ( \";\" ws )?");
        }
        grammar.rule("call", first + object + last);
        return grammar.several("call", "ws");
    }

    private String object(ToolDefinition tool, CallGrammar grammar) {
        // Some were trained with a type before the name, some with an id behind the arguments.
        String type = open.isEmpty() ? "( " + key("type") + literal("\"function\"") + " ws \",\" ws )? " : "";
        String id = array ? "( ws \",\" ws " + key("id") + "\"\\\"\" [a-zA-Z0-9_-]{1,40} \"\\\"\" )? " : "";
        return "\"{\" ws " + type + key("name") + literal(PlainJson.text(tool.name())) + " ws \",\" ws "
                + key(argumentsKey) + grammar.json(tool.parameters()) + " " + id + "ws \"}\"";
    }

    private static String key(String key) {
        return literal('"' + key + '"') + " ws \":\" ws ";
    }

    @Override
    public List<Trigger> triggers() {
        if (!open.isEmpty()) {
            return ToolGrammar.at(openings());
        }
        return List.of(
                new Trigger(PYTHON_TAG, false),
                new Trigger("{\"name\"", true),
                new Trigger("{ \"name\"", true),
                new Trigger("{\"type\": \"function\"", true));
    }
}
