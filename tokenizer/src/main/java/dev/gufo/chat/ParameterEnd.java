package dev.gufo.chat;

import dev.gufo.chat.ReplyText.Seen;
import dev.gufo.grammar.schema.BareText;
import dev.gufo.grammar.schema.ValueType;
import java.util.List;

/**
 * Finds the end of one value as it streams. A closing mark ends the value only if the call goes on or ends behind it;
 * any other is part of the value. An object or an array ends with its last bracket, whatever stands in its strings. If
 * the reply ends before, the first mark counts.
 */
final class ParameterEnd {
    /** It takes more text to decide. */
    static final int OPEN = -1;
    /** The reply ended within the value. */
    static final int CUT = -2;

    private static final String SECTION_END = "]]>";

    private final String mark;
    private final List<String> next;
    private final boolean containers;
    /** Whether the value is a section, which ends with its own mark before the closing one. */
    private Seen section;

    private boolean began;
    private boolean inBrackets;
    // All positions count from the value's beginning.
    private int searched;
    private int scanned;
    private int behindBrackets = -1;
    private int depth;
    private boolean inString;
    private boolean escaped;

    /**
     * @param mark the closing mark
     * @param next what may follow it, whitespace in between
     * @param bare how the value is written
     */
    ParameterEnd(String mark, List<String> next, BareText bare) {
        this.mark = mark;
        this.next = next;
        this.containers = bare.types().contains(ValueType.ARRAY) || bare.types().contains(ValueType.OBJECT);
        this.section = bare.isInSections() ? Seen.PART : Seen.NO;
    }

    /**
     * Where the closing mark of the value that begins at {@link ReplyText#at} stands, or {@link #OPEN} or {@link #CUT}.
     */
    int find(ReplyText text) {
        if (section == Seen.PART) {
            section = text.sees(text.at(), BareText.CDATA);
            searched = section == Seen.YES ? BareText.CDATA.length() : 0;
        }
        return switch (section) {
            case YES -> behindSection(text);
            case PART -> OPEN;
            case NO -> behindText(text);
        };
    }

    private int behindSection(ReplyText text) {
        while (true) {
            int found = text.indexOf(SECTION_END, text.at() + searched);
            if (found < 0) {
                searched = Math.max(searched, text.length() - text.at() - SECTION_END.length() + 1);
                return text.ended() ? CUT : OPEN;
            }
            searched = found - text.at();
            int position = text.afterWhitespace(found + SECTION_END.length());
            Seen seen = position - found > CallParser.LONGEST_HEAD ? Seen.NO : text.sees(position, mark);
            if (seen != Seen.NO) {
                return seen == Seen.YES ? position : OPEN;
            }
            searched++;
        }
    }

    private int behindText(ReplyText text) {
        if (!began) {
            int first = text.afterWhitespace(text.at());
            if (first >= text.length() && !text.ended()) {
                return OPEN;
            }
            began = true;
            scanned = first - text.at();
            inBrackets = containers && first < text.length() && "{[".indexOf(text.charAt(first)) >= 0;
        }
        if (inBrackets) {
            scan(text);
            if (behindBrackets < 0) {
                inBrackets = !text.ended();
            } else {
                int position = text.afterWhitespace(text.at() + behindBrackets);
                Seen seen = text.sees(position, mark);
                if (seen == Seen.YES) {
                    return position;
                }
                inBrackets = seen == Seen.PART;
            }
        }
        return inBrackets ? OPEN : search(text);
    }

    private void scan(ReplyText text) {
        for (; behindBrackets < 0 && text.at() + scanned < text.length(); scanned++) {
            char character = text.charAt(text.at() + scanned);
            if (escaped) {
                escaped = false;
            } else if (inString) {
                escaped = character == '\\';
                inString = character != '"';
            } else if (character == '"') {
                inString = true;
            } else if (character == '{' || character == '[') {
                depth++;
            } else if (character == '}' || character == ']') {
                behindBrackets = --depth == 0 ? scanned + 1 : -1;
            }
        }
    }

    private int search(ReplyText text) {
        while (true) {
            int found = text.indexOf(mark, text.at() + searched);
            if (found < 0) {
                searched = Math.max(searched, text.length() - text.at() - mark.length() + 1);
                int first = text.ended() ? text.indexOf(mark, text.at()) : OPEN;
                return text.ended() && first < 0 ? CUT : first;
            }
            searched = found - text.at();
            int behind = text.afterWhitespace(found + mark.length());
            if (behind - found <= CallParser.LONGEST_HEAD) {
                Seen seen = next(text, behind);
                if (seen != Seen.NO) {
                    return seen == Seen.YES ? found : OPEN;
                }
            }
            searched++;
        }
    }

    private Seen next(ReplyText text, int position) {
        Seen any = Seen.NO;
        for (String one : next) {
            // What the reply's end cuts off of a mark is still that mark.
            boolean cut = text.ended()
                    && one.startsWith(text.substring(position, Math.min(text.length(), position + one.length())));
            Seen seen = cut ? Seen.YES : text.sees(position, one);
            if (seen == Seen.YES) {
                return Seen.YES;
            }
            any = seen == Seen.PART ? Seen.PART : any;
        }
        return any;
    }
}
