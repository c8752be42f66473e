package dev.gufo.chat;

import dev.gufo.chat.MarkedReading.Opening;
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
        String before = open.isEmpty() ? "(^|[>\\s])" : Pattern.quote(open);
        String object =
                "\\s*\\{[^{}]*\"name\"\\s*:\\s*\"" + Pattern.quote(name) + "\"\\s*,\\s*\"" + argumentsKey + "\"";
        return Pattern.compile(before + (array ? "\\s*\\[" : "") + object)
                .matcher(turn)
                .find();
    }

    @Override
    public List<Opening> openings() {
        return open.isEmpty()
                ? List.of(new Opening(PYTHON_TAG, false), new Opening("{", true))
                : List.of(new Opening(open, false));
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
}
