package dev.gufo.chat;

/**
 * The generated text that has not been taken yet. Decisions are made on what stands at {@link #at} and may wait for
 * more; since they never depend on how the text was split, neither does their result.
 */
final class ReplyText {
    /** Whether a text stands somewhere, doesn't, or may once there is more. */
    enum Seen {
        YES,
        NO,
        PART
    }

    private final StringBuilder buffer = new StringBuilder();
    private boolean ended;
    private boolean cut;
    private boolean endsInMark;
    /** Everything before it has been taken. */
    private int at;

    /** Whether the reply's end cut a mark that was looked for since {@link #forgetEnd}. */
    boolean endsInMark() {
        return endsInMark;
    }

    void forgetEnd() {
        endsInMark = false;
    }

    void append(String text) {
        buffer.delete(0, at);
        at = 0;
        buffer.append(text);
    }

    void end() {
        ended = true;
    }

    /** It ends here, though the model had more to say. */
    void cut() {
        ended = true;
        cut = true;
    }

    /** Whether it ended before the model was done. */
    boolean isCut() {
        return cut;
    }

    boolean ended() {
        return ended;
    }

    int at() {
        return at;
    }

    /** Takes everything before {@code position}. */
    void takeTo(int position) {
        at = position;
    }

    int length() {
        return buffer.length();
    }

    char charAt(int position) {
        return buffer.charAt(position);
    }

    String substring(int from, int to) {
        return buffer.substring(from, to);
    }

    /** What was not taken yet. */
    String rest() {
        return buffer.substring(at);
    }

    int indexOf(String text, int from) {
        return buffer.indexOf(text, from);
    }

    Seen sees(int from, String mark) {
        int present = Math.min(mark.length(), buffer.length() - from);
        for (int i = 0; i < present; i++) {
            if (buffer.charAt(from + i) != mark.charAt(i)) {
                return Seen.NO;
            }
        }
        if (present == mark.length()) {
            return Seen.YES;
        }
        endsInMark |= ended;
        return ended ? Seen.NO : Seen.PART;
    }

    /**
     * The position of the first character from here on that is no JSON whitespace, or {@link #length} if there is none.
     */
    int afterWhitespace(int from) {
        int position = from;
        while (position < buffer.length() && isWhitespace(buffer.charAt(position))) {
            position++;
        }
        return position;
    }

    static boolean isWhitespace(char character) {
        return character == ' ' || character == '\n' || character == '\t' || character == '\r';
    }
}
