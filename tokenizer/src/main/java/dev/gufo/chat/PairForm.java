package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.grammar.schema.BareText;
import dev.gufo.grammar.schema.MarkedMembers;
import dev.gufo.grammar.schema.ValueType;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
                    ValueMark mark = isText ? values.getFirst() : values.getLast();
                    call.append(mark.mark()).append(ParameterText.written(anyValue(mark), value));
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
        String tool = grammar.anyTool(offered -> literal(open + offered.name() + nameEnd) + " ws "
                + grammar.members(offered, members(offered)) + " " + literal(close));
        String all = grammar.several(tool, "ws");
        return section.isEmpty() ? all : "( " + literal(section) + " ws )? " + all + " ws " + literal(sectionEnd);
    }

    /** How the arguments of a tool stand between the marks. */
    MarkedMembers members(ToolDefinition tool) {
        return new MarkedMembers(
                key,
                keyEnd,
                new MarkedMembers.Values(
                        values.getFirst().mark(), values.getLast().mark()),
                valueEnd,
                false,
                behindValue(),
                name -> ParameterTypes.of(tool.parameters(), name),
                BareText.Quoting.JSON);
    }

    /** The marks of which one follows each value's end. */
    List<String> behindValue() {
        return List.of(key, close);
    }

    /** How a value of any type is written behind this mark. */
    private BareText anyValue(ValueMark mark) {
        Set<ValueType> types =
                mark.written() == Written.TEXT ? EnumSet.of(ValueType.STRING) : EnumSet.allOf(ValueType.class);
        return new BareText(valueEnd, behindValue(), types, BareText.Quoting.JSON);
    }

    /** How the value of a tool's parameter is written behind this mark. */
    BareText value(ToolDefinition tool, String parameter, ValueMark mark) {
        return mark.written() == Written.JSON ? anyValue(mark) : members(tool).text(Optional.of(parameter));
    }

    /** The JSON of a value that was written as {@code text}. */
    static String json(Written written, BareText bare, String text) {
        boolean asItIs =
                written == Written.JSON && PlainJson.parse(text.strip()).isPresent();
        return asItIs ? text.strip() : written == Written.JSON ? PlainJson.text(text) : ParameterText.json(bare, text);
    }

    /** Strings that would be read as something else in quotes. */
    @Override
    public Map<String, Object> shown(ToolDefinition tool, Map<String, Object> arguments) {
        var shown = new LinkedHashMap<>(arguments);
        shown.replaceAll((name, value) -> value instanceof String text
                ? members(tool).text(Optional.of(name)).written(text)
                : value);
        return shown;
    }
}
