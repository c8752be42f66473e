package dev.gufo.chat;

import dev.gufo.grammar.schema.JsonSchemaGrammar;
import dev.gufo.grammar.schema.MarkedMembers;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The rules of a grammar for calls while they are being written. */
final class CallGrammar {
    /** Whitespace that models put between the parts of a call; bounded, so that it can't go on for ever. */
    static final String WS = "ws";

    private final List<ToolDefinition> tools;
    private final boolean parallel;
    private final ParameterRules schemas;
    private final StringBuilder rules = new StringBuilder("ws ::= [ \\t\\n\\r]{0,16}\n");
    /** Rules that read up to a mark, by mark. */
    private final Map<String, String> untils = new LinkedHashMap<>();

    private final Set<String> shared = new HashSet<>();
    private int schemaRules;
    private int lists;

    /** @param parallel whether a reply may have several calls */
    CallGrammar(List<ToolDefinition> tools, boolean parallel, ParameterRules schemas) {
        this.tools = tools;
        this.parallel = parallel;
        this.schemas = schemas;
    }

    /** One tool's part of a grammar. */
    interface ToolRule {
        String of(ToolDefinition tool);
    }

    /** All rules so far, as GBNF. */
    String rules() {
        return rules.toString();
    }

    void rule(String name, String body) {
        rules.append(name).append(" ::= ").append(body).append('\n');
    }

    /** The name of a rule that matches one of the tools' parts. */
    String anyTool(ToolRule part) {
        for (int i = 0; i < tools.size(); i++) {
            rule("tool-" + i, part.of(tools.get(i)));
        }
        rule(
                "any-tool",
                IntStream.range(0, tools.size()).mapToObj(i -> "tool-" + i).collect(Collectors.joining(" | ")));
        return "any-tool";
    }

    /** The name of a rule for a call's arguments as JSON: an object, whatever else their schema allows. */
    String json(Object schema) {
        return arguments(schema, Optional.empty());
    }

    /** The name of a rule for the JSON of any value that a schema allows. */
    String value(Object schema) {
        String name = "json-" + schemaRules++;
        rules.append(JsonSchemaGrammar.rules(schema, name));
        if (rules.charAt(rules.length() - 1) != '\n') {
            rules.append('\n');
        }
        return name;
    }

    /** The name of a rule for the strings that a schema allows, as they are, up to and including {@code mark}. */
    String text(SchemaView schema, String mark) {
        if (!schema.narrowsText()) {
            return until(mark);
        }
        String name = "json-" + schemaRules++;
        rules.append(JsonSchemaGrammar.strings(schema.alone(), name, mark));
        if (rules.charAt(rules.length() - 1) != '\n') {
            rules.append('\n');
        }
        return name;
    }

    /** The name of a rule for a call's arguments that stand one by one between marks. */
    String members(ToolDefinition tool, MarkedMembers marks) {
        return arguments(tool.parameters(), Optional.of(marks));
    }

    private String arguments(Object schema, Optional<MarkedMembers> marks) {
        String name = "json-" + schemaRules++;
        rules.append(schemas.rules(schema, name, marks));
        if (rules.charAt(rules.length() - 1) != '\n') {
            rules.append('\n');
        }
        return name;
    }

    /** One {@code part}, or if calls may be parallel any number from one on with {@code separator} between. */
    String several(String part, String separator) {
        return parallel ? part + " ( " + separator + " " + part + " )*" : part;
    }

    /**
     * A part of a list.
     *
     * @param required whether it may not be left out
     */
    record Part(String expression, boolean required) {}

    /** An expression for parts in their order, with {@code separator} between those that are there. */
    String listed(List<Part> parts, String separator) {
        String name = "list-" + lists++;
        // Behind the last part, whether something stands before it (1) or not (0), nothing follows.
        for (int written = 0; written < 2; written++) {
            for (int i = 0; i < parts.size(); i++) {
                Part part = parts.get(i);
                boolean last = i == parts.size() - 1;
                String then = last ? "" : " " + name + "-1-" + (i + 1);
                String with = (written == 1 ? separator + " " : "") + name + "-part-" + i + then;
                String without = last ? "\"\"" : name + "-" + written + "-" + (i + 1);
                rule(name + "-" + written + "-" + i, part.required() ? with : with + " | " + without);
            }
        }
        for (int i = 0; i < parts.size(); i++) {
            rule(name + "-part-" + i, parts.get(i).expression());
        }
        return name + "-0-0";
    }

    /** The name of a rule that is written once, however often it is needed. */
    String shared(String name, UnaryOperator<String> body) {
        if (shared.add(name)) {
            rule(name, body.apply(name));
        }
        return name;
    }

    /** An expression for one of several. */
    static String anyOf(List<String> expressions) {
        return expressions.size() == 1 ? expressions.getFirst() : "( " + String.join(" | ", expressions) + " )";
    }

    /**
     * The name of a rule that matches any text up to and including the first {@code mark}: the automaton of Knuth,
     * Morris and Pratt.
     */
    String until(String mark) {
        return untils.computeIfAbsent(mark, this::defineUntil);
    }

    private String defineUntil(String mark) {
        String name = "until-" + untils.size();
        var characters = new TreeSet<Character>();
        mark.chars().forEach(character -> characters.add((char) character));
        String others = characters.stream().map(CallGrammar::inClass).collect(Collectors.joining("", "[^", "] "));
        for (int matched = 0; matched < mark.length(); matched++) {
            StringBuilder body = new StringBuilder(others + state(name, 0));
            for (char character : characters) {
                int next = longestBeginning(mark, mark.substring(0, matched) + character);
                body.append(" | ").append(literal(String.valueOf(character)));
                body.append(next == mark.length() ? "" : " " + state(name, next));
            }
            rule(state(name, matched), body.toString());
        }
        return state(name, 0);
    }

    private static String state(String name, int matched) {
        return name + "-" + matched;
    }

    /** Length of the longest beginning of {@code mark} that {@code text} ends with. */
    private static int longestBeginning(String mark, String text) {
        int length = Math.min(mark.length(), text.length());
        while (!text.endsWith(mark.substring(0, length))) {
            length--;
        }
        return length;
    }

    private static String inClass(char character) {
        return switch (character) {
            case '\n' -> "\\n";
            case '[', ']', '\\', '^', '-', '"' -> "\\x%02X".formatted((int) character);
            default -> String.valueOf(character);
        };
    }

    /** A text as GBNF writes it. */
    static String literal(String text) {
        String escaped = text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
        return '"' + escaped + '"';
    }

    /** A text followed by whitespace, or nothing for {@code ""}. */
    static String literalAndSpace(String text) {
        return text.isEmpty() ? "" : literal(text) + " ws ";
    }
}
