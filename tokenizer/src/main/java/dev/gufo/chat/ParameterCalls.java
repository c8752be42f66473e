package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import dev.gufo.chat.ReplyText.Seen;
import dev.gufo.grammar.schema.BareText;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Calls whose parameters stand one by one between marks. Each is handed on as JSON when it is complete. */
final class ParameterCalls implements CallParser {
    private enum State {
        OPEN,
        /** Between a call's parameters. */
        PARAMETERS,
        VALUE,
        /** Behind a call. */
        NEXT
    }

    /**
     * What stands before a call's opening mark: the recipient of a message.
     *
     * @param before mark before its name; {@code ""} if calls have none
     * @param behind mark behind its name
     */
    record Recipient(String before, String behind) {}

    static final Recipient NO_RECIPIENT = new Recipient("", "");

    private final ParameterForm form;
    private final Recipient recipient;
    private final Calls calls;
    private State state = State.OPEN;
    private @Nullable ToolDefinition tool;
    private @Nullable String parameter;
    private int parameters;
    /** How the value that is being read is written, and where it ends. */
    private @Nullable BareText bare;

    private @Nullable ParameterEnd end;

    ParameterCalls(ParameterForm form, Recipient recipient, Calls calls) {
        this.form = form;
        this.recipient = recipient;
        this.calls = calls;
    }

    @Override
    public Turn step(ReplyText text) {
        return switch (state) {
            case OPEN -> open(text);
            case PARAMETERS -> parameters(text);
            case VALUE -> value(text);
            case NEXT -> next(text);
        };
    }

    private Turn open(ReplyText text) {
        int from = behindRecipient(text);
        if (from < 0) {
            return from == TOO_FAR ? Turn.STOP : Turn.WAIT;
        }
        return switch (text.sees(from, form.open())) {
            case YES -> call(text, text.afterWhitespace(from + form.open().length()));
            case PART -> Turn.WAIT;
            case NO -> call(text, from);
        };
    }

    /** Where a call begins behind the recipient that may stand before it, or a negative number. */
    private int behindRecipient(ReplyText text) {
        if (recipient.before().isEmpty() || text.sees(text.at(), recipient.before()) != Seen.YES) {
            return text.at();
        }
        int position = text.at() + recipient.before().length();
        int most = Math.min(text.length(), position + NamedCalls.LONGEST_NAME);
        while (position < most && NamedCalls.isNamePart(text.charAt(position))) {
            position++;
        }
        return switch (text.sees(position, recipient.behind())) {
            case YES -> text.afterWhitespace(position + recipient.behind().length());
            case PART -> NOT_YET;
            case NO -> TOO_FAR;
        };
    }

    private Turn call(ReplyText text, int from) {
        if (from - text.at() > LONGEST_HEAD) {
            return Turn.STOP;
        }
        Seen function = text.sees(from, form.function());
        if (function != Seen.YES) {
            return function == Seen.PART ? Turn.WAIT : Turn.STOP;
        }
        int nameAt = from + form.function().length();
        int nameEnds = end(text, nameAt, form.functionEnd());
        if (nameEnds < 0) {
            return nameEnds == TOO_FAR ? Turn.STOP : Turn.WAIT;
        }
        String name = text.substring(nameAt, nameEnds).strip();
        if (!calls.offers(name)) {
            return Turn.STOP;
        }
        tool = calls.tool(name);
        parameters = 0;
        calls.begin(name);
        text.takeTo(nameEnds + form.functionEnd().length());
        state = State.PARAMETERS;
        return Turn.ON;
    }

    private Turn parameters(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        if (position >= text.length()) {
            return Turn.WAIT;
        }
        boolean part = false;
        for (String end : form.ends()) {
            Seen seen = text.sees(position, end);
            if (seen == Seen.YES) {
                // The last mark is left for the next state to take.
                text.takeTo(end.equals(form.close()) ? position : position + end.length());
                calls.arguments(parameters == 0 ? "{}" : "}");
                calls.end();
                state = State.NEXT;
                return Turn.ON;
            }
            part |= seen == Seen.PART;
        }
        Seen seen = text.sees(position, form.parameter());
        if (seen != Seen.YES) {
            return part || seen == Seen.PART ? Turn.WAIT : Turn.STOP;
        }
        int nameAt = position + form.parameter().length();
        int nameEnds = end(text, nameAt, form.parameterEnd());
        if (nameEnds < 0) {
            return nameEnds == TOO_FAR ? Turn.STOP : Turn.WAIT;
        }
        parameter = text.substring(nameAt, nameEnds).strip();
        text.takeTo(nameEnds + form.parameterEnd().length());
        bare = form.members(requireNonNull(tool)).text(Optional.of(parameter));
        end = new ParameterEnd(form.valueEnd(), form.behindValue(), bare);
        state = State.VALUE;
        return Turn.ON;
    }

    private Turn value(ReplyText text) {
        int ends = requireNonNull(end).find(text);
        if (ends < 0) {
            return ends == ParameterEnd.CUT ? cutOff(text) : Turn.WAIT;
        }
        String value = withoutLines(text.substring(text.at(), ends));
        calls.arguments(key() + ParameterText.json(requireNonNull(bare), value));
        text.takeTo(ends + form.valueEnd().length());
        state = State.PARAMETERS;
        return Turn.ON;
    }

    /**
     * The reply ends within a value: what there is of it goes out as the beginning of a string, so that the arguments
     * show that they were cut.
     */
    private Turn cutOff(ReplyText text) {
        String value = withoutLines(text.substring(text.at(), text.length()));
        boolean section = requireNonNull(bare).isInSections() && value.startsWith(BareText.CDATA);
        String string = PlainJson.text(section ? value.substring(BareText.CDATA.length()) : value);
        calls.arguments(key() + string.substring(0, string.length() - 1));
        text.takeTo(text.length());
        return Turn.STOP;
    }

    private String key() {
        parameters++;
        return (parameters == 1 ? "{" : ", ") + PlainJson.text(requireNonNull(parameter)) + ": ";
    }

    private Turn next(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        if (form.close().isEmpty()) {
            return call(text, position);
        }
        return switch (text.sees(position, form.close())) {
            case YES -> {
                text.takeTo(position + form.close().length());
                yield Turn.STOP;
            }
            case PART -> Turn.WAIT;
            case NO -> form.function().isEmpty() ? Turn.STOP : call(text, position);
        };
    }

    /** One line break on each side belongs to the marks. */
    private String withoutLines(String value) {
        if (!form.lines()) {
            return value;
        }
        String inner = value.startsWith("\n") ? value.substring(1) : value;
        return inner.endsWith("\n") ? inner.substring(0, inner.length() - 1) : inner;
    }

    private static final int NOT_YET = -1;
    private static final int TOO_FAR = -2;

    /** Where this mark stands within a name's length, or a negative number. */
    private static int end(ReplyText text, int from, String mark) {
        int found = text.indexOf(mark, from);
        if (found >= 0 && found - from <= NamedCalls.LONGEST_NAME) {
            return found;
        }
        return text.length() - from > NamedCalls.LONGEST_NAME + mark.length() ? TOO_FAR : NOT_YET;
    }
}
