package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.MarkedReading.Opening;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Calls as a name and pairs of marked keys and marked values, as GLM and DeepSeek V3.2 write them.
 *
 * @param section mark before the first call; {@code ""} if there is none
 * @param open mark before each name
 * @param nameEnd mark behind a name; {@code ""} if whitespace or the next mark ends it
 * @param key mark before a key
 * @param keyEnd mark behind a key
 * @param values the marks before a value; the first one that fits is written
 * @param valueEnd mark behind a value
 * @param close mark behind each call
 * @param sectionEnd mark behind the last call; {@code ""} if there is none
 */
record PairForm(
        String section,
        String open,
        String nameEnd,
        String key,
        String keyEnd,
        List<ValueMark> values,
        String valueEnd,
        String close,
        String sectionEnd)
        implements CallForm {
    /** How a value is written. */
    enum Written {
        /** Strings as they are, everything else as JSON; the tool's schema tells which it is. */
        BY_SCHEMA,
        TEXT,
        JSON
    }

    /**
     * What stands before a value.
     *
     * @param written how a value behind this mark is written
     */
    record ValueMark(String mark, Written written) {}

    static final PairForm GLM = new PairForm(
            "",
            "<tool_call>",
            "",
            "<arg_key>",
            "</arg_key>",
            List.of(new ValueMark("<arg_value>", Written.BY_SCHEMA)),
            "</arg_value>",
            "</tool_call>",
            "");

    static final PairForm HUNYUAN_3 = new PairForm(
            "<tool_calls:opensource>",
            "<tool_call:opensource>",
            "<tool_sep:opensource>",
            "<arg_key:opensource>",
            "</arg_key:opensource>",
            List.of(new ValueMark("<arg_value:opensource>", Written.BY_SCHEMA)),
            "</arg_value:opensource>",
            "</tool_call:opensource>",
            "</tool_calls:opensource>");

    /** DeepSeek's marks around a section of this name. */
    static PairForm deepSeek(String section) {
        return new PairForm(
                "<｜DSML｜" + section + ">",
                "<｜DSML｜invoke name=\"",
                "\">",
                "<｜DSML｜parameter name=\"",
                "\"",
                List.of(
                        new ValueMark("string=\"true\">", Written.TEXT),
                        new ValueMark("string=\"false\">", Written.JSON)),
                "</｜DSML｜parameter>",
                "</｜DSML｜invoke>",
                "</｜DSML｜" + section + ">");
    }

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile((section.isEmpty() ? "" : Pattern.quote(section) + "\\s*") + Pattern.quote(open) + "\\s*"
                        + Pattern.quote(name) + "\\s*" + Pattern.quote(nameEnd) + "\\s*" + Pattern.quote(key))
                .matcher(turn)
                .find();
    }

    @Override
    public List<Opening> openings() {
        return Opening.anywhere(section, open);
    }

    @Override
    public CallParser parser(Calls calls) {
        return new PairCalls(this, calls);
    }

    @Override
    public String write(String name, String arguments) {
        StringBuilder call = new StringBuilder(section + line(section) + open + name + nameEnd + "\n");
        PlainJson.parse(arguments)
                .ifPresent(object -> object.properties().forEach(argument -> {
                    JsonNode value = argument.getValue();
                    boolean isText = value.isTextual();
                    call.append(key).append(argument.getKey()).append(keyEnd).append(spaceBeforeValue());
                    call.append(values.get(isText ? 0 : values.size() - 1).mark());
                    call.append(isText ? value.textValue() : value.toString());
                    call.append(valueEnd).append('\n');
                }));
        return call + close + line(section) + sectionEnd;
    }

    private static String line(String section) {
        return section.isEmpty() ? "" : "\n";
    }

    private String spaceBeforeValue() {
        return keyEnd.startsWith("<") ? "\n" : " ";
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(offered ->
                literal(open + offered.name() + nameEnd) + " ws " + pairs(offered, grammar) + literal(close));
        String all = grammar.several(tool, "ws");
        return section.isEmpty() ? all : "( " + literal(section) + " ws )? " + all + " ws " + literal(sectionEnd);
    }

    /** The parameters in the schema's order; the optional ones may be left out. */
    private String pairs(ToolDefinition tool, CallGrammar grammar) {
        SchemaView parameters = SchemaView.of(tool);
        if (parameters.properties().isEmpty()) {
            String any = literal(key) + " [a-zA-Z0-9_.-]{1,64} " + literal(keyEnd) + " ws ( "
                    + String.join(
                            " | ",
                            values.stream().map(mark -> literal(mark.mark())).toList()) + " ) ";
            return parameters.allowsMore() ? "( " + any + grammar.until(valueEnd) + " ws )* " : "";
        }
        StringBuilder all = new StringBuilder();
        parameters.properties().forEach((name, schema) -> {
            String one = literal(key + name + keyEnd) + " ws " + value(schema, grammar) + " ws";
            all.append(parameters.requires(name) ? one + " " : "( " + one + " )? ");
        });
        return all.toString();
    }

    private String value(SchemaView schema, CallGrammar grammar) {
        var ways = new ArrayList<String>();
        for (ValueMark mark : values) {
            boolean text = mark.written() == Written.TEXT ? schema.allows("string") : schema.allowsText();
            if (text && mark.written() != Written.JSON) {
                ways.add(literal(mark.mark()) + " " + text(schema, grammar));
            }
            boolean json = mark.written() == Written.JSON
                    ? !schema.allowsTextOnly()
                    : mark.written() == Written.BY_SCHEMA && !text;
            if (json) {
                ways.add(literal(mark.mark()) + " ws " + grammar.value(schema.alone()) + " ws " + literal(valueEnd));
            }
        }
        return CallGrammar.anyOf(ways);
    }

    private String text(SchemaView schema, CallGrammar grammar) {
        return schema.texts()
                .map(texts -> CallGrammar.anyOf(
                                texts.stream().map(CallGrammar::literal).toList()) + " " + literal(valueEnd))
                .orElseGet(() -> grammar.until(valueEnd));
    }

    /** The JSON of a tool's parameter whose value was written as {@code text}. */
    static String json(ToolDefinition tool, String parameter, Written written, String text) {
        return switch (written) {
            case BY_SCHEMA -> SchemaView.of(tool).property(parameter).json(text);
            case TEXT -> PlainJson.text(text);
            case JSON -> PlainJson.parse(text.strip()).isPresent() ? text.strip() : PlainJson.text(text);
        };
    }
}
