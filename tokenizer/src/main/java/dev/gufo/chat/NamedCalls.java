package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import dev.gufo.chat.ReplyText.Seen;
import org.jspecify.annotations.Nullable;

/** Calls that are a name between marks, followed by the arguments as JSON. */
final class NamedCalls implements CallParser {
    private enum State {
        /** Before a section or a call. */
        OPEN,
        ARGUMENTS,
        /** Behind the arguments. */
        TAIL,
        /** Behind a call. */
        NEXT
    }

    /** Most characters of a name in a reply; what is longer names no function. */
    static final int LONGEST_NAME = 256;

    private static final int NO_MARK = -1;
    private static final int PART_OF_MARK = -2;

    private final NamedForm form;
    private final Calls calls;
    private State state = State.OPEN;
    private boolean inSection;
    private @Nullable ArgumentsScanner scanner;

    NamedCalls(NamedForm form, Calls calls) {
        this.form = form;
        this.calls = calls;
    }

    @Override
    public Turn step(ReplyText text) {
        return switch (state) {
            case OPEN -> open(text);
            case ARGUMENTS -> arguments(text);
            case TAIL -> tail(text);
            case NEXT -> next(text);
        };
    }

    private Turn open(ReplyText text) {
        int position = text.at();
        if (!form.section().isEmpty()) {
            switch (text.sees(position, form.section())) {
                case YES -> {
                    inSection = true;
                    position = text.afterWhitespace(position + form.section().length());
                }
                case PART -> {
                    return Turn.WAIT;
                }
                case NO -> {}
            }
        }
        return call(text, position);
    }

    /**
     * A call's head at {@code from}; nothing is taken before the name is known to be offered and the arguments begin.
     */
    private Turn call(ReplyText text, int from) {
        Seen open = text.sees(from, form.open());
        if (open != Seen.YES) {
            return open == Seen.PART ? Turn.WAIT : Turn.STOP;
        }
        int nameAt = text.afterWhitespace(from + form.open().length());
        if (!form.id().isEmpty()) {
            int id = endOfName(text, nameAt);
            Seen behindId = text.sees(id, form.id());
            if (behindId != Seen.YES) {
                return behindId == Seen.PART ? Turn.WAIT : Turn.STOP;
            }
            nameAt = text.afterWhitespace(id + form.id().length());
        }
        int nameEnds = endOfName(text, nameAt);
        if (nameEnds == text.length()) {
            return Turn.WAIT;
        }
        int behind = form.nameEnd().isBlank() ? nameEnds : afterNameEnd(text, nameEnds);
        if (behind < 0) {
            return behind == NO_MARK ? Turn.STOP : Turn.WAIT;
        }
        int argumentsAt = text.afterWhitespace(behind);
        if (argumentsAt == text.length()) {
            return Turn.WAIT;
        }
        String name = functionName(text.substring(nameAt, nameEnds));
        if (text.charAt(argumentsAt) != '{' || !calls.offers(name)) {
            return Turn.STOP;
        }
        calls.begin(name);
        text.takeTo(argumentsAt);
        scanner = new ArgumentsScanner(closeMark());
        state = State.ARGUMENTS;
        return Turn.ON;
    }

    private static int endOfName(ReplyText text, int from) {
        int end = from;
        while (end < text.length() && end - from < LONGEST_NAME && isNamePart(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private int afterNameEnd(ReplyText text, int nameEnds) {
        // Line breaks in a mark are often left out or doubled, so whitespace around it is skipped on both sides.
        String mark = form.nameEnd().strip();
        int from = text.afterWhitespace(nameEnds);
        return switch (text.sees(from, mark)) {
            case YES -> from + mark.length();
            case PART -> PART_OF_MARK;
            case NO -> NO_MARK;
        };
    }

    /** Some number their calls: {@code functions.name:0}. */
    private String functionName(String written) {
        if (calls.offers(written)) {
            return written;
        }
        String name = written.startsWith("functions.") ? written.substring("functions.".length()) : written;
        int colon = name.lastIndexOf(':');
        return colon > 0 ? name.substring(0, colon) : name;
    }

    private Turn arguments(ReplyText text) {
        boolean progress = requireNonNull(scanner).scan(text, calls);
        if (scanner.done()) {
            scanner.endIfComplete(calls);
            state = State.TAIL;
            return Turn.ON;
        }
        return progress ? Turn.ON : Turn.WAIT;
    }

    private Turn tail(ReplyText text) {
        if (!closeMark().isEmpty()) {
            int position = text.afterWhitespace(text.at());
            switch (text.sees(position, closeMark())) {
                case YES -> text.takeTo(position + closeMark().length());
                case PART -> {
                    return Turn.WAIT;
                }
                case NO -> {
                    return Turn.STOP;
                }
            }
        }
        state = State.NEXT;
        return Turn.ON;
    }

    private String closeMark() {
        return form.close().strip();
    }

    private Turn next(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        if (inSection) {
            switch (text.sees(position, form.sectionEnd())) {
                case YES -> {
                    text.takeTo(position + form.sectionEnd().length());
                    return Turn.STOP;
                }
                case PART -> {
                    return Turn.WAIT;
                }
                case NO -> {}
            }
        }
        if (!form.separator().isEmpty()) {
            Seen separator = text.sees(position, form.separator());
            if (separator != Seen.YES) {
                return separator == Seen.PART ? Turn.WAIT : Turn.STOP;
            }
            position = text.afterWhitespace(position + form.separator().length());
        }
        return call(text, position);
    }

    static boolean isNamePart(char character) {
        return Character.isLetterOrDigit(character) || "_-.:".indexOf(character) >= 0;
    }
}
