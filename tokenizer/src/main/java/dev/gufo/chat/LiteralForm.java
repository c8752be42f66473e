package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.anyOf;
import static dev.gufo.chat.CallGrammar.literal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.MarkedReading.Opening;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Calls as a name with arguments between brackets, written as literals of Python (LFM2) or of their own kind (Gemma 4).
 */
enum LiteralForm implements CallForm {
    /** {@code <|tool_call_start|>[name(key="value", other=1)]<|tool_call_end|>}. */
    PYTHON("<|tool_call_start|>", "[", '(', ')', "<|tool_call_end|>", "="),
    /** {@code <|tool_call>call:name{key:<|"|>value<|"|>,other:1}<tool_call|>}. */
    GEMMA("<|tool_call>", "call:", '{', '}', "<tool_call|>", ":");

    private static final String QUOTE = LiteralScanner.RAW_QUOTE;

    private final String open;
    private final String beforeName;
    private final char bracket;
    private final char closeBracket;
    private final String close;
    private final String assign;

    LiteralForm(String open, String beforeName, char bracket, char closeBracket, String close, String assign) {
        this.open = open;
        this.beforeName = beforeName;
        this.bracket = bracket;
        this.closeBracket = closeBracket;
        this.close = close;
        this.assign = assign;
    }

    /** The mark before the first call. */
    String open() {
        return open;
    }

    /** What stands between that mark and the name; often forgotten. */
    String beforeName() {
        return beforeName;
    }

    char bracket() {
        return bracket;
    }

    char closeBracket() {
        return closeBracket;
    }

    /** The mark behind the last call. */
    String close() {
        return close;
    }

    /** Whether several calls share the marks around them. */
    boolean list() {
        return this == PYTHON;
    }

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile(Pattern.quote(open + beforeName + name + bracket) + "\\s*[\"'<\\w]")
                .matcher(turn)
                .find();
    }

    @Override
    public boolean toldBy(String prompt) {
        return this == PYTHON && (prompt.contains("<|tool_list_start|>") || prompt.contains("List of tools: ["));
    }

    @Override
    public List<Opening> openings() {
        return Opening.anywhere(open);
    }

    @Override
    public CallParser parser(Calls calls) {
        return new LiteralCalls(this, calls);
    }

    @Override
    public String write(String name, String arguments) {
        String separator = this == GEMMA ? "," : ", ";
        StringJoiner all = new StringJoiner(separator);
        PlainJson.parse(arguments)
                .ifPresent(object -> object.properties()
                        .forEach(argument -> all.add(argument.getKey() + assign + literalOf(argument.getValue()))));
        return open + beforeName + name + bracket + all + closeBracket + (list() ? "]" : "") + close;
    }

    private String literalOf(JsonNode value) {
        if (this == PYTHON) {
            return switch (value.getNodeType()) {
                case BOOLEAN -> value.booleanValue() ? "True" : "False";
                case NULL -> "None";
                default -> value.toString();
            };
        }
        StringJoiner parts;
        switch (value.getNodeType()) {
            case STRING -> {
                return QUOTE + value.textValue() + QUOTE;
            }
            case OBJECT -> {
                parts = new StringJoiner(",", "{", "}");
                value.properties().forEach(part -> parts.add(part.getKey() + ":" + literalOf(part.getValue())));
            }
            case ARRAY -> {
                parts = new StringJoiner(",", "[", "]");
                value.forEach(part -> parts.add(literalOf(part)));
            }
            default -> {
                return value.toString();
            }
        }
        return parts.toString();
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(offered -> literal(offered.name() + bracket) + " "
                + arguments(SchemaView.of(offered), grammar) + " " + literal(String.valueOf(closeBracket)));
        String first = literal(open + beforeName) + " ";
        if (list()) {
            return first + grammar.several(tool, "ws \",\" ws") + " \"]\" ws " + literal(close);
        }
        grammar.rule("call", first + tool + " " + literal(close));
        return grammar.several("call", "ws");
    }

    /**
     * The arguments in the schema's order, or in that of their names where models learned it so; the optional ones may
     * be left out.
     */
    private String arguments(SchemaView schema, CallGrammar grammar) {
        Map<String, SchemaView> properties = this == GEMMA ? new TreeMap<>(schema.properties()) : schema.properties();
        if (properties.isEmpty()) {
            return schema.allowsMore() ? free(grammar) : "";
        }
        var parts = new ArrayList<CallGrammar.Part>();
        properties.forEach((name, part) -> parts.add(
                new CallGrammar.Part(literal(name + assign) + " ws " + value(part, grammar), schema.requires(name))));
        return grammar.listed(parts, this == GEMMA ? "\",\" ws" : "ws \",\" ws");
    }

    /** Arguments that no schema tells of. */
    private String free(CallGrammar grammar) {
        String one = "[a-zA-Z0-9_]{1,64} " + literal(assign) + " " + anyValue(grammar);
        return "( " + one + " ( \",\" ws " + one + " )* )?";
    }

    private String value(SchemaView schema, CallGrammar grammar) {
        return this == PYTHON ? pythonValue(schema, grammar) : gemmaValue(schema, grammar);
    }

    /** A JSON text is a literal of Python but for three words. */
    private static String pythonValue(SchemaView schema, CallGrammar grammar) {
        var ways = new ArrayList<String>();
        ways.add(grammar.value(schema.alone()));
        boolean free = schema.texts().isEmpty()
                && !schema.schema().containsKey("enum")
                && !schema.schema().containsKey("const");
        if (schema.types().contains("boolean") && free) {
            ways.add("\"True\" | \"False\"");
        }
        if (schema.types().contains("null") && free) {
            ways.add("\"None\"");
        }
        if (schema.isAnyText() || schema.schema().isEmpty()) {
            ways.add(singleQuoted(grammar));
        }
        schema.texts()
                .ifPresent(texts -> texts.stream()
                        .filter(text -> text.indexOf('\'') < 0 && text.indexOf('\\') < 0)
                        .forEach(text -> ways.add(literal("'" + text + "'"))));
        return anyOf(ways);
    }

    private static String singleQuoted(CallGrammar grammar) {
        return grammar.shared("single-quoted", _ -> "\"'\" ( [^'\\\\\\n] | \"\\\\\" [\\\\'\"nrt] )* \"'\"");
    }

    private String gemmaValue(SchemaView schema, CallGrammar grammar) {
        var ways = new ArrayList<String>();
        if (schema.texts().isPresent()) {
            schema.texts().get().forEach(text -> ways.add(literal(QUOTE + text + QUOTE)));
            return anyOf(ways);
        }
        if (schema.types().isEmpty()) {
            return anyValue(grammar);
        }
        if (schema.allowsText()) {
            ways.add(literal(QUOTE) + " " + grammar.text(schema, QUOTE));
        }
        for (String scalar : List.of("integer", "number", "boolean", "null")) {
            if (schema.types().contains(scalar)) {
                ways.add(grammar.value(schema.types().size() == 1 ? schema.alone() : Map.of("type", scalar)));
            }
        }
        if (schema.types().contains("array")) {
            String item =
                    schema.schema().containsKey("items") ? gemmaValue(schema.items(), grammar) : anyValue(grammar);
            ways.add("\"[\" ( " + item + " ( \",\" ws " + item + " )* )? \"]\"");
        }
        if (schema.types().contains("object")) {
            SchemaView object = schema.alternatives().stream()
                    .filter(branch -> branch.types().contains("object"))
                    .findFirst()
                    .orElse(schema);
            ways.add("\"{\" " + arguments(object, grammar) + " \"}\"");
        }
        return anyOf(ways);
    }

    private String anyValue(CallGrammar grammar) {
        if (this == PYTHON) {
            return grammar.shared(
                    "any-value",
                    _ -> grammar.value(Map.of()) + " | \"True\" | \"False\" | \"None\" | " + singleQuoted(grammar));
        }
        return grammar.shared(
                "any-value",
                name -> literal(QUOTE) + " " + grammar.until(QUOTE) + " | "
                        + grammar.value(Map.of("type", List.of("number", "boolean", "null")))
                        + " | \"[\" ( " + name + " ( \",\" ws " + name + " )* )? \"]\""
                        + " | \"{\" ( [a-zA-Z0-9_]{1,64} \":\" " + name + " ( \",\" ws [a-zA-Z0-9_]{1,64} \":\" " + name
                        + " )* )? \"}\"");
    }
}
