package dev.gufo.server.answer;

import dev.gufo.chat.ReplyDelta;
import dev.gufo.server.policy.OutputCheck;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Holds back what of a reply has not been checked yet: nothing passes before a check has seen it and a window of what
 * follows it, so that what is found over a place where the reply is cut has not been sent in part. What may not be sent
 * ends the reply. Belongs to the request's thread.
 */
public final class Screen {
    /** Of a costly check's text: it is asked about all of a reply that is no longer. */
    private static final int MOST_SEEN = 8_192;

    /** A word that is cut at the text's end is left to the next check. */
    private static final int LONGEST_WORD = 48;

    private static final int CHEAP_STEPS = 4;

    private final OutputCheck check;
    private final int hold; // characters
    private final int step; // likewise
    private final int seen; // characters that passed and are asked about again
    private final Deque<Held> held = new ArrayDeque<>();
    private final StringBuilder text = new StringBuilder(); // what passed last, and what is held
    private Optional<Class<? extends ReplyDelta>> last; // kind of what came last
    private int heldChars; // at the end of text
    private int unasked; // likewise
    private boolean cut; // whether text lacks its beginning
    private boolean blocked;
    private long passedBytes; // of the reply, as far as that is known

    /**
     * @param from bytes of the reply that were decided before it, at least
     * @param chars how many characters it adds to the text
     */
    private record Held(ReplyDelta delta, long from, int chars) {}

    /** @param begun what the answer goes on with */
    Screen(OutputCheck check, String begun) {
        this.check = check;
        this.hold = check.window() + LONGEST_WORD;
        this.step = check.costly() ? check.window() : Math.max(1, check.window() / CHEAP_STEPS);
        this.seen = check.costly() ? MOST_SEEN : hold;
        text.append(begun);
        last = begun.isEmpty() ? Optional.empty() : Optional.of(ReplyDelta.Content.class);
        forget();
    }

    /** Whether the reply has ended because of what it says. */
    boolean blocked() {
        return blocked;
    }

    /** How many bytes of the reply have passed at most, from the first one on; all if none is held. */
    long passedBytes() {
        if (blocked) {
            return passedBytes;
        }
        return held.isEmpty() ? Long.MAX_VALUE : held.getFirst().from();
    }

    /**
     * Takes a further part.
     *
     * @param from bytes of the reply that were decided before it, at least
     * @return what has passed now
     */
    List<ReplyDelta> accept(ReplyDelta delta, long from) {
        if (blocked) {
            return List.of();
        }
        boolean joins = last.isEmpty() || last.get() == delta.getClass();
        last = Optional.of(delta.getClass());
        String more = textOf(delta);
        String added = joins || more.isEmpty() ? more : "\n" + more;
        held.addLast(new Held(delta, from, added.length()));
        text.append(added);
        heldChars += added.length();
        unasked += added.length();
        return unasked >= step && heldChars > hold ? ask(false) : List.of();
    }

    /** The reply has ended. */
    List<ReplyDelta> finish() {
        return blocked || held.isEmpty() ? List.of() : ask(true);
    }

    private List<ReplyDelta> ask(boolean ended) {
        unasked = 0;
        String asked = whole(ended);
        if (!asked.isBlank() && !check.allowed().test(asked)) {
            passedBytes = held.getFirst().from();
            blocked = true;
            held.clear();
            text.setLength(0);
            return List.of();
        }
        return pass(ended ? heldChars : heldChars - hold);
    }

    /** The text without halves of words. */
    private String whole(boolean ended) {
        int begin = 0;
        int end = text.length();
        while (cut && begin < Math.min(LONGEST_WORD, end) && OutputCheck.isPartOfWord(text.codePointAt(begin))) {
            begin += Character.charCount(text.codePointAt(begin));
        }
        int least = Math.max(begin, end - LONGEST_WORD);
        int at = end;
        while (!ended && at > least && OutputCheck.isPartOfWord(text.codePointBefore(at))) {
            at -= Character.charCount(text.codePointBefore(at));
        }
        boolean wordEnds = ended || at > least;
        return text.substring(Math.min(begin, end), Math.max(begin, wordEnds ? at : end));
    }

    /** The first parts that have no more characters together; parts are as small as tokens, so none is cut. */
    private List<ReplyDelta> pass(int chars) {
        var passed = new ArrayList<ReplyDelta>();
        int left = chars;
        while (!held.isEmpty() && held.getFirst().chars() <= left) {
            Held first = held.removeFirst();
            passed.add(first.delta());
            left -= first.chars();
            heldChars -= first.chars();
        }
        forget();
        return passed;
    }

    private void forget() {
        int surplus = text.length() - heldChars - seen;
        if (surplus > 0) {
            boolean half = Character.isLowSurrogate(text.charAt(surplus));
            text.delete(0, half ? surplus - 1 : surplus);
            cut = true;
        }
    }

    private static String textOf(ReplyDelta delta) {
        return switch (delta) {
            case ReplyDelta.Content(String text) -> text;
            case ReplyDelta.Reasoning(String text) -> text;
            case ReplyDelta.CallBegin(int _, String _, String name) -> name;
            case ReplyDelta.CallArguments(int _, String json) -> json;
            case ReplyDelta.CallEnd _ -> "";
        };
    }
}
