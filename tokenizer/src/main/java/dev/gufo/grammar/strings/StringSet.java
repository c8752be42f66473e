package dev.gufo.grammar.strings;

import dev.gufo.grammar.CodePoints;
import dev.gufo.grammar.Gbnf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of strings that is read one code point at a time. States are immutable values with equality; null means that no
 * string of the set begins so.
 */
public interface StringSet {
    Object start();

    /** The state after one more code point; null if no string of the set goes on so. */
    @Nullable
    Object step(Object state, int codePoint);

    /** A number for code points that every state treats alike, where it saves steps; 0 where it does not. */
    default int letter(int codePoint) {
        return 0;
    }

    /** The same as {@link #step(Object, int)} for a code point of which the {@link #letter} is known. */
    default @Nullable Object step(Object state, int codePoint, int letter) {
        return step(state, codePoint);
    }

    /** Whether what led to the state is in the set. */
    boolean ends(Object state);

    /** The sets of code points between which steps tell a difference. */
    List<CodePoints> alphabet();

    default boolean contains(String text) {
        Object state = start();
        for (int i = 0; i < text.length() && state != null; i += Character.charCount(text.codePointAt(i))) {
            state = step(state, text.codePointAt(i));
        }
        return state != null && ends(state);
    }

    /** Strings of a length in code points; {@code most} may be {@link Gbnf#UNBOUNDED}. */
    record OfLength(int least, int most) implements StringSet {
        @Override
        public Object start() {
            return 0;
        }

        @Override
        public @Nullable Object step(Object state, int codePoint) {
            int length = (Integer) state + 1;
            if (most == Gbnf.UNBOUNDED) {
                return Math.min(length, least);
            }
            return length > most ? null : (Object) length;
        }

        @Override
        public boolean ends(Object state) {
            return (Integer) state >= least;
        }

        @Override
        public List<CodePoints> alphabet() {
            return List.of();
        }
    }

    /** All strings that are not in {@code inside}. */
    record Outside(StringSet inside) implements StringSet {
        private static final Object FREE = "free";

        @Override
        public Object start() {
            return inside.start();
        }

        @Override
        public Object step(Object state, int codePoint) {
            Object next = state.equals(FREE) ? null : inside.step(state, codePoint);
            return next == null ? FREE : next;
        }

        @Override
        public boolean ends(Object state) {
            return state.equals(FREE) || !inside.ends(state);
        }

        @Override
        public List<CodePoints> alphabet() {
            return inside.alphabet();
        }
    }
}
