package dev.gufo.grammar;

import java.util.Arrays;

/**
 * What may follow once the rules that were entered at one place are matched: states to return to, each on a stack of
 * its own. Many stacks share their lower parts, and with left recursion a stack lies on itself. Final once it is in a
 * {@link StackTable}, which holds equal stacks only once; {@link OpenStack} is one that still grows.
 */
class Stack {
    private final long id;
    private int size;
    private int[] returns;
    private Stack[] below;

    /**
     * An empty stack.
     *
     * @param id above 0, no other's
     */
    Stack(long id, int capacity) {
        this.id = id;
        this.returns = new int[capacity];
        this.below = new Stack[capacity];
    }

    /** The stack's number and a state's in one word, never 0. */
    final long with(int state) {
        return id * GrammarLimits.MOST_STATES + state;
    }

    final int size() {
        return size;
    }

    final int returnTo(int i) {
        return returns[i];
    }

    final Stack below(int i) {
        return below[i];
    }

    final void push(int returnTo, Stack stack) {
        if (size == returns.length) {
            int larger = Math.max(4, 2 * size);
            returns = Arrays.copyOf(returns, larger);
            below = Arrays.copyOf(below, larger);
        }
        returns[size] = returnTo;
        below[size++] = stack;
    }
}
