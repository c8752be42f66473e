package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.anyOf;
import static dev.gufo.chat.CallGrammar.literal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.MarkedReading.Opening;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * MiniMax M3's calls: elements within elements, down to the parts of objects and arrays, with a mark before each tag.
 * An array's parts are elements of the name {@code item}.
 */
record ElementForm() implements CallForm {
    /** What stands before every tag, so that a value may hold tags of its own. */
    static final String MARK = "]<]minimax[>[";

    static final String OPEN = MARK + "<tool_call>";
    static final String CLOSE = MARK + "</tool_call>";
    static final String INVOKE = MARK + "<invoke name=\"";
    static final String INVOKE_END = "\">";
    static final String INVOKED = MARK + "</invoke>";
    static final String ITEM = "item";

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile(Pattern.quote(OPEN) + "\\s*" + Pattern.quote(INVOKE + name + INVOKE_END))
                .matcher(turn)
                .find();
    }

    @Override
    public List<Opening> openings() {
        return Opening.anywhere(OPEN, INVOKE);
    }

    @Override
    public CallParser parser(Calls calls) {
        return new ElementCalls(calls);
    }

    @Override
    public String write(String name, String arguments) {
        StringBuilder call = new StringBuilder(OPEN + "\n" + INVOKE + name + INVOKE_END);
        PlainJson.parse(arguments)
                .ifPresent(object -> object.properties()
                        .forEach(argument -> call.append(element(argument.getKey(), argument.getValue()))));
        return call + INVOKED + "\n" + CLOSE;
    }

    private static String element(String name, JsonNode value) {
        StringBuilder inner = new StringBuilder();
        if (value.isObject()) {
            value.properties().forEach(part -> inner.append(element(part.getKey(), part.getValue())));
        } else if (value.isArray()) {
            value.forEach(part -> inner.append(element(ITEM, part)));
        } else {
            inner.append(value.isTextual() ? value.textValue() : value.toString());
        }
        return MARK + "<" + name + ">" + inner + MARK + "</" + name + ">";
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(offered -> literal(INVOKE + offered.name() + INVOKE_END) + " ws "
                + properties(SchemaView.of(offered), grammar) + literal(INVOKED));
        return "( " + literal(OPEN) + " ws )? " + grammar.several(tool, "ws") + " ws " + literal(CLOSE);
    }

    /** The properties in the schema's order; the optional ones may be left out. */
    private String properties(SchemaView schema, CallGrammar grammar) {
        if (schema.properties().isEmpty()) {
            return schema.allowsMore() ? "( " + literal(MARK) + " " + anyElement(grammar) + " ws )* " : "";
        }
        StringBuilder all = new StringBuilder();
        schema.properties().forEach((name, part) -> {
            String one = literal(MARK + "<" + name + ">") + " " + value(part, name, grammar) + " ws";
            all.append(schema.requires(name) ? one + " " : "( " + one + " )? ");
        });
        return all.toString();
    }

    /** A value and the tag behind it. */
    private String value(SchemaView schema, String name, CallGrammar grammar) {
        String tag = "</" + name + ">";
        var ways = new ArrayList<String>();
        if (schema.texts().isPresent()) {
            schema.texts().get().forEach(text -> ways.add(literal(text + MARK + tag)));
            return anyOf(ways);
        }
        if (schema.types().isEmpty()) {
            return anyContent(grammar) + " " + literal(tag);
        }
        if (schema.allowsText()) {
            ways.add(grammar.text(schema, MARK) + " " + literal(tag));
        } else if (schema.isScalar()) {
            ways.add(grammar.value(schema.alone()) + " ws " + literal(MARK + tag));
        }
        if (schema.types().contains("array")) {
            String item = literal(MARK + "<" + ITEM + ">") + " " + value(schema.items(), ITEM, grammar) + " ws";
            ways.add("ws ( " + item + " )* " + literal(MARK + tag));
        }
        if (schema.types().contains("object")) {
            SchemaView object = schema.alternatives().stream()
                    .filter(branch -> branch.types().contains("object"))
                    .findFirst()
                    .orElse(schema);
            ways.add("ws " + properties(object, grammar) + literal(MARK + tag));
        }
        return anyOf(ways);
    }

    /** Text and elements up to the mark before the closing tag. */
    private static String anyContent(CallGrammar grammar) {
        String text = grammar.until(MARK);
        return grammar.shared("any-content", _ -> text + " ( " + anyElement(grammar) + " " + text + " )*");
    }

    /** An element whose mark has been written. */
    private static String anyElement(CallGrammar grammar) {
        String name = "[a-zA-Z0-9_.-]{1,64}";
        return grammar.shared(
                "any-element", _ -> "\"<\" " + name + " \">\" " + anyContent(grammar) + " \"</\" " + name + " \">\"");
    }
}
