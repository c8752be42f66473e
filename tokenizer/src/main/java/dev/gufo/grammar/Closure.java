package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One place of the text: all that follows from the places that its last byte led to without reading another byte. A
 * rule is entered once per place, whoever calls it, which is what keeps ambiguity and left recursion polynomial; a rule
 * that matches the empty text returns to callers that turn up later as well.
 *
 * @see <a href="https://doi.org/10.1016/j.entcs.2010.08.041">Scott and Johnstone, GLL Parsing</a>
 */
final class Closure {
    private record Push(OpenStack onto, int returnTo, Stack below) {}

    private final Network network;
    private final StackTable table;
    private final GrammarLimits limits;
    private final Budget budget;
    private final OpenStack[] entered;
    private final List<OpenStack> open = new ArrayList<>();
    private final LongSet known = new LongSet();
    private final LongSet inherited = new LongSet();
    private final List<Push> pushes = new ArrayList<>();
    private int[] places = new int[16];
    private Stack[] stacks = new Stack[16];
    private int size;
    private boolean complete;

    private Closure(Network network, StackTable table, GrammarLimits limits, Budget budget, OpenStack[] entered) {
        this.network = network;
        this.table = table;
        this.limits = limits;
        this.budget = budget;
        this.entered = entered;
    }

    /**
     * What follows from {@code places}, each on the stack beside it.
     *
     * @param entered room for a stack per rule; all null before and after
     */
    static State of(
            Network network,
            StackTable table,
            GrammarLimits limits,
            Budget budget,
            OpenStack[] entered,
            int[] places,
            Stack[] stacks) {
        Closure closure = new Closure(network, table, limits, budget, entered);
        try {
            for (int i = 0; i < places.length; i++) {
                closure.add(places[i], stacks[i]);
            }
            for (int i = 0; i < closure.size; i++) {
                closure.follow(closure.places[i], closure.stacks[i]);
            }
            return closure.state();
        } finally {
            closure.open.forEach(stack -> entered[stack.rule()] = null);
        }
    }

    private void add(int place, Stack stack) {
        budget.spend();
        if (place == Network.ACCEPT) {
            complete = true;
        } else if (known.add(stack.with(place))) {
            if (size == limits.matching().liveItems()) {
                throw new GrammarTooCostly("the text can be read in more than %d ways".formatted(size));
            }
            if (size == places.length) {
                places = Arrays.copyOf(places, 2 * size);
                stacks = Arrays.copyOf(stacks, 2 * size);
            }
            places[size] = place;
            stacks[size++] = stack;
        }
    }

    private void follow(int place, Stack stack) {
        if (network.isEnd(place)) {
            returnFrom(stack);
        }
        for (int i = network.firstTransition(place); i < network.firstTransition(place + 1); i++) {
            int label = network.label(i);
            if (label == Network.EMPTY) {
                add(network.target(i), stack);
            } else if (Network.isCall(label)) {
                call(Network.rule(label), network.target(i), stack);
            } else {
                budget.spend();
            }
        }
    }

    private void returnFrom(Stack stack) {
        if (!(stack instanceof OpenStack open) || open.match()) {
            for (int i = 0; i < stack.size(); i++) {
                add(stack.returnTo(i), stack.below(i));
            }
        }
    }

    private void call(int rule, int returnTo, Stack stack) {
        budget.spend();
        OpenStack callee = entered[rule];
        if (callee == null) {
            callee = new OpenStack(table.newId(), rule);
            entered[rule] = callee;
            open.add(callee);
            add(network.start(rule), callee);
        }
        if (network.isLast(returnTo)) {
            inherit(callee, stack);
        } else {
            pushes.add(new Push(callee, returnTo, stack));
        }
        push();
    }

    /** A call that ends its rule returns to where that rule would: right recursion needs no stack. */
    private void inherit(OpenStack heir, Stack stack) {
        if (heir == stack || !inherited.add(stack.with(heir.rule()))) {
            return;
        }
        if (stack instanceof OpenStack open) {
            open.heirs().add(heir);
        }
        for (int i = 0; i < stack.size(); i++) {
            pushes.add(new Push(heir, stack.returnTo(i), stack.below(i)));
        }
    }

    private void push() {
        while (!pushes.isEmpty()) {
            budget.spend();
            Push push = pushes.removeLast();
            if (push.onto.add(push.returnTo, push.below)) {
                if (push.onto.isMatched()) {
                    add(push.returnTo, push.below);
                }
                for (OpenStack heir : push.onto.heirs()) {
                    pushes.add(new Push(heir, push.returnTo, push.below));
                }
            }
        }
    }

    private State state() {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (readsBytes(places[i])) {
                places[kept] = places[i];
                stacks[kept++] = table.close(stacks[i], budget);
            }
        }
        return new State(Arrays.copyOf(places, kept), Arrays.copyOf(stacks, kept), complete);
    }

    private boolean readsBytes(int place) {
        for (int i = network.firstTransition(place); i < network.firstTransition(place + 1); i++) {
            int label = network.label(i);
            if (label != Network.EMPTY && !Network.isCall(label)) {
                return true;
            }
        }
        return false;
    }
}
