package dev.gufo.chat;

import static dev.gufo.chat.CallGrammar.literal;

import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.chat.ReplyText.Seen;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Mistral's calls: an array of objects behind {@code [TOOL_CALLS]}, or in newer models that mark before each name and
 * {@code [ARGS]} before the arguments. Both are read, whichever the template writes.
 *
 * @param named whether the model writes the newer form
 */
record MistralForm(boolean named) implements CallForm {
    static final String MARK = "[TOOL_CALLS]";
    static final JsonForm ARRAY = new JsonForm(MARK, "", "arguments", true);

    @Override
    public boolean recognizes(String turn, String name) {
        // Some models also write an id between name and arguments.
        Pattern withName =
                Pattern.compile(Pattern.quote(MARK + name) + "(\\[CALL_ID][^\\[{]*)?" + "(\\[ARGS])?\\s*\\{");
        return named ? withName.matcher(turn).find() : ARRAY.recognizes(turn, name);
    }

    @Override
    public List<Opening> openings() {
        return Opening.anywhere(MARK);
    }

    @Override
    public CallParser parser(Calls calls) {
        return new Calling(calls);
    }

    @Override
    public String write(String name, String arguments) {
        return named ? MARK + name + "[ARGS]" + arguments : ARRAY.write(name, arguments);
    }

    @Override
    public String grammar(CallGrammar grammar) {
        if (!named) {
            return ARRAY.grammar(grammar);
        }
        String tool = grammar.anyTool(offered -> literal(offered.name())
                + " ( \"[CALL_ID]\" [a-zA-Z0-9]{1,40} )? \"[ARGS]\" ws "
                + grammar.json(offered.parameters()));
        grammar.rule("call", literal(MARK) + " " + tool);
        return grammar.several("call", "ws");
    }

    /** Tells Mistral's two forms apart by what follows the mark. */
    private static final class Calling implements CallParser {
        private static final String ARGUMENTS = "[ARGS]";
        private static final String ID = "[CALL_ID]";

        private final Calls calls;
        /** Of the form that was found. */
        private @Nullable CallParser found;

        Calling(Calls calls) {
            this.calls = calls;
        }

        @Override
        public Turn step(ReplyText text) {
            if (found != null) {
                return found.step(text);
            }
            int position = text.afterWhitespace(text.at() + MARK.length());
            if (position >= text.length()) {
                return Turn.WAIT;
            }
            char first = text.charAt(position);
            found = first == '[' || first == '{' ? new JsonCalls(List.of(MARK), "", false, calls) : new NameFirst();
            return Turn.ON;
        }

        /** {@code [TOOL_CALLS]name[CALL_ID]id[ARGS]{…}}; the id and even the second mark may be missing. */
        private final class NameFirst implements CallParser {
            /** Of the arguments that are being read. */
            private @Nullable ArgumentsScanner scanner;

            @Override
            public Turn step(ReplyText text) {
                if (scanner == null) {
                    return head(text);
                }
                boolean progress = scanner.scan(text, calls);
                if (scanner.done()) {
                    scanner.endIfComplete(calls);
                    return Turn.STOP;
                }
                return progress ? Turn.ON : Turn.WAIT;
            }

            private Turn head(ReplyText text) {
                int nameAt = text.at() + MARK.length();
                int nameEnds = positionOf("[{", text, nameAt);
                if (nameEnds < 0) {
                    return nameEnds == TOO_FAR ? Turn.STOP : Turn.WAIT;
                }
                String name = text.substring(nameAt, nameEnds).strip();
                if (!calls.offers(name)) {
                    return Turn.STOP;
                }
                int marks = nameEnds;
                Seen id = text.sees(marks, ID);
                if (id == Seen.PART) {
                    return Turn.WAIT;
                }
                if (id == Seen.YES) {
                    marks = positionOf("[{", text, nameEnds + ID.length());
                    if (marks < 0) {
                        return marks == TOO_FAR ? Turn.STOP : Turn.WAIT;
                    }
                }
                Seen arguments = text.sees(marks, ARGUMENTS);
                if (arguments == Seen.PART) {
                    return Turn.WAIT;
                }
                return arguments(
                        text, text.afterWhitespace(arguments == Seen.YES ? marks + ARGUMENTS.length() : marks), name);
            }

            private Turn arguments(ReplyText text, int position, String name) {
                if (position >= text.length()) {
                    return Turn.WAIT;
                }
                if (text.charAt(position) != '{') {
                    return Turn.STOP;
                }
                calls.begin(name);
                text.takeTo(position);
                scanner = new ArgumentsScanner("");
                return Turn.ON;
            }
        }

        private static final int NOT_YET = -1;
        private static final int TOO_FAR = -2;

        /** Where the first of these characters stands within a name's length, or a negative number. */
        private static int positionOf(String characters, ReplyText text, int from) {
            for (int i = from; i < text.length() && i - from <= NamedCalls.LONGEST_NAME; i++) {
                if (characters.indexOf(text.charAt(i)) >= 0) {
                    return i;
                }
            }
            return text.length() - from > NamedCalls.LONGEST_NAME ? TOO_FAR : NOT_YET;
        }
    }
}
