package dev.gufo.grammar;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes open stacks final, and equal ones the same. Stacks that lie on each other, a strongly connected component, are
 * compared together: a component has at most one stack per rule, so that ordering by rule makes their form unique.
 *
 * @see <a href="https://doi.org/10.1137/0201010">Tarjan, Depth-first search and linear graph algorithms</a>
 */
final class StackTable {
    private final Map<Key, Stack[]> known = new HashMap<>();
    private long lastId;
    private int cells;

    long newId() {
        return ++lastId;
    }

    /** Forgets all stacks; those in use stay valid, but are not found again. */
    void clear() {
        known.clear();
        cells = 0;
    }

    /** Words that the remembered stacks take. */
    int cells() {
        return cells;
    }

    /** The final form of {@code stack}. */
    Stack close(Stack stack, Budget budget) {
        if (!(stack instanceof OpenStack open)) {
            return stack;
        }
        if (open.closed() == null) {
            new Search(budget).from(open);
        }
        return requireNonNull(open.closed());
    }

    /** Finds components; those below come first, so that their final form is known. */
    private final class Search {
        private final Budget budget;
        private final Deque<OpenStack> path = new ArrayDeque<>();
        private final Deque<OpenStack> unassigned = new ArrayDeque<>();
        private int visited;

        Search(Budget budget) {
            this.budget = budget;
        }

        void from(OpenStack root) {
            enter(root);
            while (!path.isEmpty()) {
                OpenStack stack = path.peek();
                budget.spend();
                if (stack.cursor < stack.size()) {
                    look(stack, stack.below(stack.cursor++));
                } else {
                    leave(stack);
                }
            }
        }

        private void enter(OpenStack stack) {
            stack.index = ++visited;
            stack.low = stack.index;
            path.push(stack);
            unassigned.push(stack);
        }

        private void look(OpenStack stack, Stack below) {
            if (below instanceof OpenStack open && open.closed() == null) {
                if (open.index == 0) {
                    enter(open);
                } else {
                    stack.low = Math.min(stack.low, open.index);
                }
            }
        }

        private void leave(OpenStack stack) {
            path.pop();
            if (!path.isEmpty()) {
                path.peek().low = Math.min(path.peek().low, stack.low);
            }
            if (stack.low == stack.index) {
                List<OpenStack> component = new ArrayList<>();
                OpenStack member;
                do {
                    member = unassigned.pop();
                    component.add(member);
                } while (member != stack);
                intern(component);
            }
        }
    }

    private void intern(List<OpenStack> component) {
        component.sort(Comparator.comparingInt(OpenStack::rule));
        int edges = 0;
        for (int i = 0; i < component.size(); i++) {
            component.get(i).place = i;
            edges += component.get(i).size();
        }
        long[] words = new long[edges + component.size()];
        int length = 0;
        for (OpenStack stack : component) {
            int begin = ++length;
            for (int i = 0; i < stack.size(); i++) {
                words[length++] = word(stack.returnTo(i), stack.below(i));
            }
            Arrays.sort(words, begin, length);
            length = withoutRepetition(words, begin, length);
            int returns = length - begin;
            words[begin - 1] = returns;
        }
        Stack[] closed = known.computeIfAbsent(new Key(Arrays.copyOf(words, length)), _ -> copy(component));
        for (int i = 0; i < closed.length; i++) {
            component.get(i).close(closed[i]);
        }
    }

    /** A return as a number: a stack of the same component counts by its place in there, which is below 0. */
    private static long word(int returnTo, Stack below) {
        if (!(below instanceof OpenStack open)) {
            return below.with(returnTo);
        }
        Stack closed = open.closed();
        return closed == null ? -((open.place + 1L) * GrammarLimits.MOST_STATES + returnTo) : closed.with(returnTo);
    }

    private static int withoutRepetition(long[] sorted, int begin, int end) {
        int length = begin;
        for (int i = begin; i < end; i++) {
            if (i == begin || sorted[i] != sorted[i - 1]) {
                sorted[length++] = sorted[i];
            }
        }
        return length;
    }

    private Stack[] copy(List<OpenStack> component) {
        Stack[] copies = new Stack[component.size()];
        for (int i = 0; i < copies.length; i++) {
            copies[i] = new Stack(newId(), component.get(i).size());
        }
        for (int i = 0; i < copies.length; i++) {
            OpenStack open = component.get(i);
            LongSet seen = new LongSet();
            for (int j = 0; j < open.size(); j++) {
                Stack below = open.below(j);
                if (below instanceof OpenStack other) {
                    below = other.closed() == null ? copies[other.place] : other.closed();
                }
                if (seen.add(below.with(open.returnTo(j)))) {
                    copies[i].push(open.returnTo(j), below);
                }
            }
            cells += 8 + 2 * open.size();
        }
        return copies;
    }
}
