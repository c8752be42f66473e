package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.MarkedReading.Opening;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Calls whose arguments stand one by one between marks, strings as they are and everything else as JSON, as Qwen3-Coder writes them.
 *
 * @param open mark before the first call
 * @param function what stands before the name
 * @param functionEnd behind the name
 * @param parameter before a parameter's name
 * @param parameterEnd between a parameter's name and its value
 * @param valueEnd behind a value
 * @param end behind the last parameter of a call; {@code ""} if there is nothing
 * @param close mark behind the last call
 * @param lines whether each mark and each value has lines of its own
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
        boolean lines)
        implements CallForm {
    static final ParameterForm QWEN = new ParameterForm(
            "<tool_call>", "<function=", ">", "<parameter=", ">", "</parameter>", "</function>", "</tool_call>", true);

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
        return new ParameterCalls(this, calls);
    }

    @Override
    public String write(String name, String arguments) {
        String line = lines ? "\n" : "";
        StringBuilder call = new StringBuilder(open + "\n" + function + name + functionEnd + "\n");
        PlainJson.parse(arguments)
                .ifPresent(object -> object.properties().forEach(argument -> {
                    JsonNode value = argument.getValue();
                    String text = value.isTextual() ? value.textValue() : value.toString();
                    call.append(parameter + argument.getKey() + parameterEnd + line + text + line + valueEnd + "\n");
                }));
        return call + end + "\n" + close;
    }

    @Override
    public String grammar(CallGrammar grammar) {
        String tool = grammar.anyTool(offered -> literal(function + offered.name() + functionEnd)
                + " ws "
                + parameters(offered, grammar)
                + literal(end));
        grammar.rule("call", "( " + literal(open) + " ws )? " + grammar.several(tool, "ws") + " ws " + literal(close));
        return grammar.several("call", "ws");
    }

    /** The parameters in the schema's order; the optional ones may be left out. */
    private String parameters(ToolDefinition tool, CallGrammar grammar) {
        if (!(tool.parameters() instanceof Map<?, ?> schema)
                || !(schema.get("properties") instanceof Map<?, ?> properties)
                || properties.isEmpty()) {
            boolean closed = tool.parameters() instanceof Map<?, ?> map
                    && (Boolean.FALSE.equals(map.get("additionalProperties")) || map.containsKey("properties"));
            String any = literal(parameter) + " [a-zA-Z0-9_.-]{1,64} " + literal(parameterEnd) + " ";
            return closed ? "" : "( " + any + grammar.until(valueEnd) + " ws )* ";
        }
        List<?> required = schema.get("required") instanceof List<?> names ? names : List.of();
        StringBuilder all = new StringBuilder();
        properties.forEach((name, type) -> {
            String one = literal(parameter + name + parameterEnd) + " " + value(type, schema, grammar) + " ws";
            all.append(required.contains(name) ? one + " " : "( " + one + " )? ");
        });
        return all.toString();
    }

    private String value(Object type, Map<?, ?> root, CallGrammar grammar) {
        String line = lines ? "\"\\n\" " : "";
        if (type instanceof Map<?, ?> map
                && map.get("enum") instanceof List<?> values
                && values.stream().allMatch(String.class::isInstance)) {
            return values.stream()
                    .map(value -> literal(String.valueOf(value)))
                    .collect(Collectors.joining(" | ", line + "( ", " ) " + line + literal(valueEnd)));
        }
        if (ParameterTypes.isText(type, root)) {
            return line + grammar.until(valueEnd);
        }
        return line + grammar.json(ParameterTypes.alone(type, root)) + " ws " + literal(valueEnd);
    }
}
