package dev.gufo.engine.batch;

import dev.gufo.engine.Constraint.Marks;
import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.Constraint.Trigger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Looks in free text for the point from which on it is constrained. Marks may be spread over any number of pieces.
 *
 * <p>Invariant: {@code tail} is what may be the beginning of a mark; everything before it is decided.
 */
final class StartWatch {
    /** @param begins whether the mark belongs to the constrained text */
    private record Mark(byte[] text, boolean onlyFirst, boolean begins) {}

    private final List<Mark> starts = new ArrayList<>();
    private final Optional<byte[]> open;
    private final Optional<byte[]> close;
    private boolean inReasoning;
    private boolean textSeen;
    private byte[] tail = {};

    StartWatch(Start start) {
        Optional<Marks> reasoning = Optional.empty();
        switch (start) {
            case Start.Now(), Start.Behind _ -> {}
            case Start.After(String text) -> starts.add(new Mark(bytes(text), false, false));
            case Start.AtTrigger(List<Trigger> triggers, var marks, boolean startsInReasoning) -> {
                triggers.forEach(trigger -> starts.add(new Mark(bytes(trigger.text()), trigger.onlyFirst(), true)));
                reasoning = marks;
                inReasoning = startsInReasoning && marks.isPresent();
            }
        }
        open = reasoning.map(marks -> bytes(marks.open()));
        close = reasoning.map(marks -> bytes(marks.close()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Takes the next piece of free text.
     *
     * @param fits told what there is of the constrained text, possibly nothing; a trigger that is followed by what does
     *     not fit is free text, while behind the end of the free text the constraint begins whatever came with it
     * @return whether the text is constrained from here on
     */
    boolean accept(byte[] piece, Predicate<byte[]> fits) {
        byte[] text = Arrays.copyOf(tail, tail.length + piece.length);
        System.arraycopy(piece, 0, text, tail.length, piece.length);
        int at = 0;
        while (at < text.length) {
            int rest = text.length - at;
            for (Mark mark : starts) {
                if (counts(mark) && matches(text, at, mark.text()) && rest >= mark.text().length) {
                    int from = mark.begins() ? at : at + mark.text().length;
                    if (fits.test(Arrays.copyOfRange(text, from, text.length)) || !mark.begins()) {
                        return true;
                    }
                }
            }
            Optional<byte[]> toggle = inReasoning ? close : open;
            if (toggle.isPresent() && matches(text, at, toggle.get()) && rest >= toggle.get().length) {
                inReasoning = !inReasoning;
                at += toggle.get().length;
                continue;
            }
            if (mayBecome(text, at, toggle)) {
                break;
            }
            textSeen |= !inReasoning && !Character.isWhitespace(text[at]);
            at++;
        }
        tail = Arrays.copyOfRange(text, at, text.length);
        return false;
    }

    private boolean counts(Mark mark) {
        return !inReasoning && !(mark.onlyFirst() && textSeen);
    }

    /** Whether a mark that counts here needs more text to be told. */
    private boolean mayBecome(byte[] text, int at, Optional<byte[]> toggle) {
        int rest = text.length - at;
        if (toggle.isPresent() && rest < toggle.get().length && matches(text, at, toggle.get())) {
            return true;
        }
        return starts.stream()
                .anyMatch(mark -> counts(mark) && rest < mark.text().length && matches(text, at, mark.text()));
    }

    /** Whether text and mark agree as far as both go. */
    private static boolean matches(byte[] text, int at, byte[] mark) {
        int length = Math.min(mark.length, text.length - at);
        return Arrays.equals(text, at, at + length, mark, 0, length);
    }
}
