package dev.gufo.chat;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

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
        var openings = new ArrayList<Opening>();
        openings.add(new Opening(open, false));
        if (!function.isEmpty()) {
            // The outer mark is often forgotten.
            openings.add(new Opening(function, false));
        }
        return openings;
    }

    @Override
    public CallParser parser(Calls calls) {
        return new ParameterCalls(this, calls);
    }
}
