package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import dev.gufo.chat.ReplyText.Seen;
import org.jspecify.annotations.Nullable;

/** Calls whose arguments are literals between brackets behind the function's name. */
final class LiteralCalls implements CallParser {
    private enum State {
        /** Before the opening mark. */
        OPEN,
        ARGUMENTS,
        /** Behind a call. */
        NEXT
    }

    private final LiteralForm form;
    private final Calls calls;
    private State state = State.OPEN;
    private @Nullable LiteralScanner scanner;

    LiteralCalls(LiteralForm form, Calls calls) {
        this.form = form;
        this.calls = calls;
    }

    @Override
    public Turn step(ReplyText text) {
        return switch (state) {
            case OPEN -> open(text);
            case ARGUMENTS -> arguments(text);
            case NEXT -> next(text);
        };
    }

    private Turn open(ReplyText text) {
        int position = text.afterWhitespace(text.at() + form.open().length());
        Seen before = text.sees(position, form.beforeName());
        if (before == Seen.PART) {
            return Turn.WAIT;
        }
        return call(text, before == Seen.YES ? position + form.beforeName().length() : position);
    }

    private Turn call(ReplyText text, int from) {
        int nameAt = text.afterWhitespace(from);
        if (nameAt - text.at() > LONGEST_HEAD) {
            return Turn.STOP;
        }
        int nameEnds = nameAt;
        while (nameEnds < text.length()
                && nameEnds - nameAt < NamedCalls.LONGEST_NAME
                && isNamePart(text.charAt(nameEnds))) {
            nameEnds++;
        }
        int bracket = text.afterWhitespace(nameEnds);
        if (bracket >= text.length()) {
            return Turn.WAIT;
        }
        String name = text.substring(nameAt, nameEnds);
        if (text.charAt(bracket) != form.bracket() || !calls.offers(name)) {
            return Turn.STOP;
        }
        calls.begin(name);
        text.takeTo(bracket + 1);
        scanner = new LiteralScanner(form.closeBracket());
        state = State.ARGUMENTS;
        return Turn.ON;
    }

    private Turn arguments(ReplyText text) {
        boolean progress = requireNonNull(scanner).scan(text, calls);
        if (scanner.broken()) {
            return Turn.STOP;
        }
        if (scanner.done()) {
            calls.end();
            state = State.NEXT;
            return Turn.ON;
        }
        return progress ? Turn.ON : Turn.WAIT;
    }

    /** Another call behind a comma where calls share their marks; else the marks that end them. */
    private Turn next(ReplyText text) {
        int position = text.afterWhitespace(text.at());
        if (position >= text.length()) {
            return Turn.WAIT;
        }
        if (form.list() && text.charAt(position) == ',') {
            return call(text, position + 1);
        }
        if (form.list() && text.charAt(position) == ']') {
            text.takeTo(position + 1);
            return Turn.ON;
        }
        Seen close = text.sees(position, form.close());
        if (close == Seen.YES) {
            text.takeTo(position + form.close().length());
        }
        return close == Seen.PART ? Turn.WAIT : Turn.STOP;
    }

    private static boolean isNamePart(char character) {
        return Character.isLetterOrDigit(character) || "_-.".indexOf(character) >= 0;
    }
}
