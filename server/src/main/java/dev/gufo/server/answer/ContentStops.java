package dev.gufo.server.answer;

import dev.gufo.chat.ReplyDelta;
import dev.gufo.server.http.Utf8;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends an answer before the first stop text in its content; reasoning and calls may hold any text. What may become a
 * stop text is held back. A stop text does not reach over what stands between two pieces of content.
 */
final class ContentStops {
    private final StopMatcher stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;
    private int cutBytes;

    ContentStops(List<String> stops) {
        this.stops = new StopMatcher(stops);
    }

    /** Whether there is nothing to look for. */
    boolean isEmpty() {
        return stops.isEmpty();
    }

    /** What of these deltas, and of content that was held back, is part of the answer. After a stop text nothing is. */
    List<ReplyDelta> accept(List<ReplyDelta> deltas) {
        if (isEmpty()) {
            return deltas;
        }
        var passed = new ArrayList<ReplyDelta>(deltas.size());
        for (ReplyDelta delta : deltas) {
            if (stopped) {
                break;
            }
            if (delta instanceof ReplyDelta.Content(String text)) {
                content(text, passed);
            } else {
                passed.addAll(finish());
                stops.reset();
                passed.add(delta);
            }
        }
        return passed;
    }

    private void content(String more, List<ReplyDelta> passed) {
        for (int i = 0; i < more.length() && !stopped; ) {
            int codePoint = more.codePointAt(i);
            i += Character.charCount(codePoint);
            held.appendCodePoint(codePoint);
            int found = 0;
            for (byte next : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
                found = stops.accept(next);
            }
            if (found > 0) {
                stopped = true;
                cutBytes = found + Utf8.length(more.substring(i));
                held.setLength(lengthWithout(found));
            }
        }
        int sure = stopped ? held.length() : lengthWithout(stops.held());
        if (sure > 0) {
            passed.add(new ReplyDelta.Content(held.substring(0, sure)));
            held.delete(0, sure);
        }
    }

    /** Characters of what is held without its last {@code bytes}, which begin with a character. */
    private int lengthWithout(int bytes) {
        int length = held.length();
        for (int left = bytes; left > 0; ) {
            int codePoint = held.codePointBefore(length);
            length -= Character.charCount(codePoint);
            left -= Utf8.length(codePoint);
        }
        return length;
    }

    /** What was held back is content after all. */
    List<ReplyDelta> finish() {
        if (held.isEmpty() || stopped) {
            return List.of();
        }
        var rest = new ReplyDelta.Content(held.toString());
        held.setLength(0);
        return List.of(rest);
    }

    /** Whether a stop text ended the content. */
    boolean stopped() {
        return stopped;
    }

    /** The stop text that ended the content; {@code ""} if none did. */
    String stopText() {
        return stopped ? stops.last() : "";
    }

    /** Bytes of content that came and are not part of the answer: of the stop text and behind it, or held back. */
    int withheldBytes() {
        return stopped ? cutBytes : Utf8.length(held);
    }
}
