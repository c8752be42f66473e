package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import dev.gufo.chat.ReplyText.Seen;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads calls of {@link ElementForm}. Each parameter is handed on as JSON when its element is complete. */
final class ElementCalls implements CallParser {
    private static final int DEEPEST = 64;
    private static final int NOT_YET = -1;
    private static final int TOO_FAR = -2;

    private enum State {
        OPEN,
        /** Between a call's parameters. */
        PARAMETERS,
        VALUE,
        /** Behind a call. */
        NEXT
    }

    /** An element in a reply: its name, and text or parts. */
    private record Element(String name, String text, List<Element> parts, int end) {}

    private final Calls calls;
    private State state = State.OPEN;
    private @Nullable SchemaView schema;
    private @Nullable String parameter;
    private int parameters;
    /** Characters of the value that can't hold the beginning of its end. */
    private int searched;

    ElementCalls(Calls calls) {
        this.calls = calls;
    }

    @Override
    public Turn step(ReplyText text) {
        return switch (state) {
            case OPEN -> open(text);
            case PARAMETERS -> parameter(text);
            case VALUE -> value(text);
            case NEXT -> next(text);
        };
    }

    private Turn open(ReplyText text) {
        return switch (text.sees(text.at(), ElementForm.OPEN)) {
            case YES -> call(text, text.afterWhitespace(text.at() + ElementForm.OPEN.length()));
            case PART -> Turn.WAIT;
            case NO -> call(text, text.at());
        };
    }

    private Turn call(ReplyText text, int from) {
        Seen invoke = text.sees(from, ElementForm.INVOKE);
        if (invoke != Seen.YES || from - text.at() > LONGEST_HEAD) {
            return invoke == Seen.PART ? Turn.WAIT : Turn.STOP;
        }
        int nameAt = from + ElementForm.INVOKE.length();
        int nameEnds = text.indexOf(ElementForm.INVOKE_END, nameAt);
        if (nameEnds < 0 || nameEnds - nameAt > NamedCalls.LONGEST_NAME) {
            return text.length() - nameAt > NamedCalls.LONGEST_NAME ? Turn.STOP : Turn.WAIT;
        }
        String name = text.substring(nameAt, nameEnds);
        if (!calls.offers(name)) {
            return Turn.STOP;
        }
        schema = SchemaView.of(calls.tool(name));
        parameters = 0;
        calls.begin(name);
        text.takeTo(nameEnds + ElementForm.INVOKE_END.length());
        state = State.PARAMETERS;
        return Turn.ON;
    }

    private Turn parameter(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        Seen mark = text.sees(position, ElementForm.MARK);
        if (mark != Seen.YES) {
            return mark == Seen.PART ? Turn.WAIT : Turn.STOP;
        }
        for (String end : List.of(ElementForm.INVOKED, ElementForm.CLOSE)) {
            Seen seen = text.sees(position, end);
            if (seen == Seen.PART) {
                return Turn.WAIT;
            }
            if (seen == Seen.YES) {
                // The last mark is left for the next state to take.
                text.takeTo(end.equals(ElementForm.CLOSE) ? position : position + end.length());
                calls.arguments(parameters == 0 ? "{}" : "}");
                calls.end();
                state = State.NEXT;
                return Turn.ON;
            }
        }
        int tagAt = position + ElementForm.MARK.length();
        int tagEnds = tagEnd(text, tagAt);
        if (tagEnds < 0) {
            return tagEnds == TOO_FAR ? Turn.STOP : Turn.WAIT;
        }
        parameter = text.substring(tagAt + 1, tagEnds);
        text.takeTo(tagEnds + 1);
        searched = 0;
        state = State.VALUE;
        return Turn.ON;
    }

    /** Where the opening tag at {@code from} ends, or a negative number. */
    private static int tagEnd(ReplyText text, int from) {
        if (from < text.length() && text.charAt(from) != '<') {
            return TOO_FAR;
        }
        int end = text.indexOf(">", from);
        if (end > from + 1 && end - from <= NamedCalls.LONGEST_NAME && text.charAt(from + 1) != '/') {
            return end;
        }
        return end >= 0 || text.length() - from > NamedCalls.LONGEST_NAME ? TOO_FAR : NOT_YET;
    }

    private Turn value(ReplyText text) {
        String name = requireNonNull(parameter);
        String closing = ElementForm.MARK + "</" + name + ">";
        int end = text.indexOf(closing, text.at() + searched);
        while (end >= 0) {
            // An inner element may have the same name.
            Element element = element(text, name, text.at(), 0);
            if (element != null) {
                parameters++;
                calls.arguments((parameters == 1 ? "{" : ", ") + PlainJson.text(name) + ": "
                        + json(element, requireNonNull(schema).property(name)));
                text.takeTo(element.end());
                state = State.PARAMETERS;
                return Turn.ON;
            }
            searched = end + closing.length() - text.at();
            end = text.indexOf(closing, text.at() + searched);
        }
        searched = Math.max(searched, text.length() - text.at() - closing.length());
        return text.ended() ? cutOff(text, name) : Turn.WAIT;
    }

    /**
     * The reply ends within a value: what there is of it goes out as the beginning of a string, so that the arguments
     * show that they were cut.
     */
    private Turn cutOff(ReplyText text, String name) {
        parameters++;
        String string = PlainJson.text(text.substring(text.at(), text.length()));
        calls.arguments((parameters == 1 ? "{" : ", ") + PlainJson.text(name) + ": "
                + string.substring(0, string.length() - 1));
        text.takeTo(text.length());
        return Turn.STOP;
    }

    /** The element whose opening tag ends before {@code from}; null if it is not whole. */
    private static @Nullable Element element(ReplyText text, String name, int from, int depth) {
        var parts = new ArrayList<Element>();
        int position = from;
        while (depth < DEEPEST) {
            int mark = text.indexOf(ElementForm.MARK, position);
            if (mark < 0) {
                return null;
            }
            int tagAt = mark + ElementForm.MARK.length();
            String closing = "</" + name + ">";
            if (text.sees(tagAt, closing) == Seen.YES) {
                return new Element(name, text.substring(from, mark), parts, tagAt + closing.length());
            }
            int tagEnds = tagEnd(text, tagAt);
            Element part =
                    tagEnds < 0 ? null : element(text, text.substring(tagAt + 1, tagEnds), tagEnds + 1, depth + 1);
            if (part == null) {
                return null;
            }
            parts.add(part);
            position = part.end();
        }
        return null;
    }

    private static String json(Element element, SchemaView known) {
        boolean empty = element.parts().isEmpty() && element.text().isBlank();
        if (element.parts().isEmpty() && !(empty && !known.types().isEmpty() && !known.allowsText())) {
            return known.json(element.text());
        }
        boolean items = element.parts().stream().allMatch(part -> part.name().equals(ElementForm.ITEM));
        if (known.types().isEmpty() ? items : known.allows("array") && items) {
            List<String> values = element.parts().stream()
                    .map(part -> json(part, known.items()))
                    .toList();
            return "[" + String.join(", ", values) + "]";
        }
        if (empty && !known.allows("object")) {
            return "null";
        }
        SchemaView object = known.alternatives().stream()
                .filter(branch -> branch.types().contains("object"))
                .findFirst()
                .orElse(known);
        Map<String, String> values = new LinkedHashMap<>();
        element.parts().forEach(part -> values.put(part.name(), json(part, object.property(part.name()))));
        return values.entrySet().stream()
                .map(entry -> PlainJson.text(entry.getKey()) + ": " + entry.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private Turn next(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        return switch (text.sees(position, ElementForm.CLOSE)) {
            case YES -> {
                text.takeTo(position + ElementForm.CLOSE.length());
                yield Turn.STOP;
            }
            case PART -> Turn.WAIT;
            case NO -> call(text, position);
        };
    }
}
