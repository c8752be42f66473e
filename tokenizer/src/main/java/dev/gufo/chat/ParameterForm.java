package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.grammar.schema.BareText;
import dev.gufo.grammar.schema.MarkedMembers;
import dev.gufo.grammar.schema.ValueType;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Calls whose arguments stand one by one between marks, strings as they are and everything else as JSON, as Qwen3-Coder
 * writes them.
 *
 * @param open mark before the first call; {@code ""} if there is none
 * @param function what stands before the name
 * @param functionEnd behind the name
 * @param parameter before a parameter's name
 * @param parameterEnd between a parameter's name and its value
 * @param valueEnd behind a value
 * @param end behind the last parameter of a call; {@code ""} if there is nothing
 * @param close mark behind the last call; {@code ""} if there is none
 * @param lines whether each mark and each value has lines of its own
 * @param quoting how strings are written that can't stand as they are
 */
record ParameterForm(
        String open,
        String function,
        String functionEnd,
        String parameter,
        String parameterEnd,
        String valueEnd,
        String end,
        String close,
        boolean lines,
        BareText.Quoting quoting)
        implements CallForm {
    static final ParameterForm QWEN = new ParameterForm(
            "<tool_call>",
            "<function=",
            ">",
            "<parameter=",
            ">",
            "</parameter>",
            "</function>",
            "</tool_call>",
            true,
            BareText.Quoting.JSON);

    /** Without lines, and with JSON where a string can't stand as it is. */
    static ParameterForm inLine(
            String open,
            String function,
            String functionEnd,
            String parameter,
            String parameterEnd,
            String valueEnd,
            String end,
            String close) {
        return new ParameterForm(
                open,
                function,
                functionEnd,
                parameter,
                parameterEnd,
                valueEnd,
                end,
                close,
                false,
                BareText.Quoting.JSON);
    }

    @Override
    public boolean recognizes(String turn, String name) {
        return Pattern.compile(Pattern.quote(open) + "\\s*" + Pattern.quote(function) + Pattern.quote(name)
                        + Pattern.quote(functionEnd) + "\\s*" + Pattern.quote(parameter))
                .matcher(turn)
                .find();
    }

    @Override
    public List<Opening> openings() {
        return Opening.anywhere(open, function); // the outer mark is often forgotten
    }

    @Override
    public CallParser parser(Calls calls) {
        return new ParameterCalls(this, ParameterCalls.NO_RECIPIENT, calls);
    }

    @Override
    public String write(String name, String arguments) {
        String line = lines ? "\n" : "";
        String between = open.isEmpty() ? "" : "\n";
        StringBuilder call = new StringBuilder(open + between + function + name + functionEnd + between);
        PlainJson.parse(arguments)
                .ifPresent(object -> object.properties().forEach(argument -> {
                    BareText bare = new BareText(valueEnd, behindValue(), EnumSet.allOf(ValueType.class), quoting);
                    String text = ParameterText.written(bare, argument.getValue());
                    call.append(parameter + argument.getKey() + parameterEnd + line + text + line + valueEnd + between);
                }));
        return call + end + between + close;
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(offered -> call(offered, grammar));
        if (open.isEmpty()) {
            return grammar.several(tool, "ws");
        }
        grammar.rule("call", "( " + literal(open) + " ws )? " + grammar.several(tool, "ws") + " ws " + literal(close));
        return grammar.several("call", "ws");
    }

    /** An expression for a call of this tool, without the marks around several. */
    String call(ToolDefinition offered, CallGrammar grammar) {
        return literal(function + offered.name() + functionEnd)
                + " ws "
                + grammar.members(offered, members(offered))
                + " "
                + literal(end);
    }

    /** How the arguments of a tool stand between the marks. */
    MarkedMembers members(ToolDefinition tool) {
        return new MarkedMembers(
                parameter,
                parameterEnd,
                MarkedMembers.Values.NONE,
                valueEnd,
                lines,
                behindValue(),
                name -> ParameterTypes.of(tool.parameters(), name),
                quoting);
    }

    /** The marks of which one follows each value's end. */
    List<String> behindValue() {
        return Stream.of(parameter, end, close).filter(mark -> !mark.isEmpty()).toList();
    }

    /** The marks of which one ends a call. */
    List<String> ends() {
        return Stream.of(end, close).filter(mark -> !mark.isEmpty()).toList();
    }

    /**
     * Strings that would be read as something else in quotes, and what Python writes in a way of its own as JSON.
     * Templates put strings into sections by themselves.
     */
    @Override
    public Map<String, Object> shown(ToolDefinition tool, Map<String, Object> arguments) {
        var shown = new LinkedHashMap<String, Object>();
        arguments.forEach((name, value) -> shown.put(
                name,
                switch (value) {
                    case null -> "null";
                    case Boolean flag -> flag.toString();
                    case Map<?, ?> _, List<?> _ -> PlainJson.spaced(value);
                    case String text
                    when quoting == BareText.Quoting.JSON ->
                        members(tool).text(Optional.of(name)).written(text);
                    default -> value;
                }));
        return shown;
    }
}
