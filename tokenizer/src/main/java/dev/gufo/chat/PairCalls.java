package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import dev.gufo.chat.PairForm.ValueMark;
import dev.gufo.chat.ReplyText.Seen;
import dev.gufo.grammar.schema.BareText;
import org.jspecify.annotations.Nullable;

/** Calls whose arguments are pairs of marked keys and values. Each pair is handed on as JSON when it is complete. */
final class PairCalls implements CallParser {
    private enum State {
        /** Before a section or a call. */
        OPEN,
        /** Between a call's pairs. */
        PAIRS,
        VALUE,
        /** Behind a call. */
        NEXT
    }

    private static final int NOT_YET = -1;
    private static final int TOO_FAR = -2;

    private final PairForm form;
    private final Calls calls;
    private State state = State.OPEN;
    private boolean inSection;
    private @Nullable ToolDefinition tool;
    private @Nullable String key;
    private @Nullable ValueMark valueMark;
    private int pairs;
    /** How the value that is being read is written, and where it ends. */
    private @Nullable BareText bare;

    private @Nullable ParameterEnd end;

    PairCalls(PairForm form, Calls calls) {
        this.form = form;
        this.calls = calls;
    }

    @Override
    public Turn step(ReplyText text) {
        return switch (state) {
            case OPEN -> open(text);
            case PAIRS -> pair(text);
            case VALUE -> value(text);
            case NEXT -> next(text);
        };
    }

    private Turn open(ReplyText text) {
        int position = text.at();
        if (!form.section().isEmpty()) {
            Seen section = text.sees(position, form.section());
            if (section == Seen.PART) {
                return Turn.WAIT;
            }
            if (section == Seen.YES) {
                position = text.afterWhitespace(position + form.section().length());
                inSection = true;
            }
        }
        return call(text, position);
    }

    /**
     * A call's head at {@code from}; nothing is taken before the name is known to be offered and something of the call
     * follows it.
     */
    private Turn call(ReplyText text, int from) {
        if (from - text.at() > LONGEST_HEAD) {
            return Turn.STOP;
        }
        Seen open = text.sees(from, form.open());
        if (open != Seen.YES) {
            return open == Seen.PART ? Turn.WAIT : Turn.STOP;
        }
        int nameAt = text.afterWhitespace(from + form.open().length());
        int nameEnds = form.nameEnd().isEmpty() ? endOfWord(text, nameAt) : end(text, nameAt, form.nameEnd());
        if (nameEnds < 0) {
            return nameEnds == TOO_FAR ? Turn.STOP : Turn.WAIT;
        }
        String name = text.substring(nameAt, nameEnds).strip();
        if (!calls.offers(name)) {
            return Turn.STOP;
        }
        int behind = text.afterWhitespace(nameEnds + form.nameEnd().length());
        Seen key = text.sees(behind, form.key());
        Seen close = text.sees(behind, form.close());
        if (key != Seen.YES && close != Seen.YES) {
            return key == Seen.PART || close == Seen.PART ? Turn.WAIT : Turn.STOP;
        }
        tool = calls.tool(name);
        pairs = 0;
        calls.begin(name);
        text.takeTo(behind);
        state = State.PAIRS;
        return Turn.ON;
    }

    private Turn pair(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        Seen close = text.sees(position, form.close());
        if (close == Seen.YES) {
            text.takeTo(position + form.close().length());
            calls.arguments(pairs == 0 ? "{}" : "}");
            calls.end();
            state = State.NEXT;
            return Turn.ON;
        }
        Seen open = text.sees(position, form.key());
        if (open != Seen.YES) {
            return close == Seen.PART || open == Seen.PART ? Turn.WAIT : Turn.STOP;
        }
        int keyAt = position + form.key().length();
        int keyEnds = end(text, keyAt, form.keyEnd());
        if (keyEnds < 0) {
            return keyEnds == TOO_FAR ? Turn.STOP : Turn.WAIT;
        }
        int markAt = text.afterWhitespace(keyEnds + form.keyEnd().length());
        boolean part = false;
        for (ValueMark mark : form.values()) {
            Seen seen = text.sees(markAt, mark.mark());
            if (seen == Seen.YES) {
                key = text.substring(keyAt, keyEnds).strip();
                valueMark = mark;
                text.takeTo(markAt + mark.mark().length());
                bare = form.value(requireNonNull(tool), key, mark);
                end = new ParameterEnd(form.valueEnd(), form.behindValue(), bare);
                state = State.VALUE;
                return Turn.ON;
            }
            part |= seen == Seen.PART;
        }
        return part ? Turn.WAIT : Turn.STOP;
    }

    private Turn value(ReplyText text) {
        int ends = requireNonNull(end).find(text);
        if (ends < 0) {
            return ends == ParameterEnd.CUT ? cutOff(text) : Turn.WAIT;
        }
        String written = text.substring(text.at(), ends);
        calls.arguments(nextKey() + PairForm.json(requireNonNull(valueMark).written(), requireNonNull(bare), written));
        text.takeTo(ends + form.valueEnd().length());
        state = State.PAIRS;
        return Turn.ON;
    }

    /**
     * The reply ends within a value: what there is of it goes out as the beginning of a string, so that the arguments
     * show that they were cut.
     */
    private Turn cutOff(ReplyText text) {
        String string = PlainJson.text(text.substring(text.at(), text.length()));
        calls.arguments(nextKey() + string.substring(0, string.length() - 1));
        text.takeTo(text.length());
        return Turn.STOP;
    }

    private String nextKey() {
        pairs++;
        return (pairs == 1 ? "{" : ", ") + PlainJson.text(requireNonNull(key)) + ": ";
    }

    private Turn next(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        if (inSection) {
            Seen end = text.sees(position, form.sectionEnd());
            if (end == Seen.YES) {
                text.takeTo(position + form.sectionEnd().length());
                return Turn.STOP;
            }
            if (end == Seen.PART) {
                return Turn.WAIT;
            }
        }
        return call(text, position);
    }

    /** Where the word at {@code from} ends, or a negative number. */
    private static int endOfWord(ReplyText text, int from) {
        for (int i = from; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character == '<' || ReplyText.isWhitespace(character)) {
                return i;
            }
            if (i - from > NamedCalls.LONGEST_NAME) {
                return TOO_FAR;
            }
        }
        return NOT_YET;
    }

    /** Where this mark stands within a name's length, or a negative number. */
    private static int end(ReplyText text, int from, String mark) {
        int found = text.indexOf(mark, from);
        if (found >= 0 && found - from <= NamedCalls.LONGEST_NAME) {
            return found;
        }
        return text.length() - from > NamedCalls.LONGEST_NAME + mark.length() ? TOO_FAR : NOT_YET;
    }
}
