package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The stack of a rule that was entered at the place being looked at: further callers may still turn up. */
final class OpenStack extends Stack {
    private final int rule;
    private final LongSet known = new LongSet();

    /** Stacks that hold whatever this one holds, because their rule is the last thing in this one. */
    private final List<OpenStack> heirs = new ArrayList<>(1);

    private boolean matched;

    // Of the search for strongly connected components in StackTable:
    int index;
    int low;
    int cursor;
    int place;
    private @Nullable Stack closed;

    OpenStack(long id, int rule) {
        super(id, 2);
        this.rule = rule;
    }

    int rule() {
        return rule;
    }

    /** {@link #push}, unless it is there already: then false. */
    boolean add(int returnTo, Stack stack) {
        boolean added = known.add(stack.with(returnTo));
        if (added) {
            push(returnTo, stack);
        }
        return added;
    }

    List<OpenStack> heirs() {
        return heirs;
    }

    /** Whether the rule matches the empty text here, so that callers go on at once. */
    boolean isMatched() {
        return matched;
    }

    /** The rule has been matched; false if that was known. */
    boolean match() {
        boolean first = !matched;
        matched = true;
        return first;
    }

    /** The final stack that this one became; null before. */
    @Nullable
    Stack closed() {
        return closed;
    }

    void close(Stack stack) {
        closed = stack;
    }
}
