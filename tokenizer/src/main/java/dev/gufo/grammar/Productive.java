package dev.gufo.grammar;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Which states some text leads from to the end of their rule. Only these are kept, so that every state that is live
 * while matching can be finished, and a text is a prefix of a sentence exactly if a state is live. Linear: every
 * transition is looked at once per end.
 */
final class Productive {
    private final int[] froms;
    private final int[] labels;
    private final int[] targets;
    private final int transitions;
    private final int[] starts;
    private final boolean[] productive;

    Productive(
            int states,
            int transitions,
            int[] froms,
            int[] labels,
            int[] targets,
            int[] starts,
            int[] ends,
            int ruleCount) {
        this.froms = froms;
        this.labels = labels;
        this.targets = targets;
        this.starts = starts;
        this.transitions = transitions;
        this.productive = new boolean[states];
        int[] queue = new int[states];
        int queued = 0;
        for (int rule = 0; rule < ruleCount; rule++) {
            productive[ends[rule]] = true;
            queue[queued++] = ends[rule];
        }
        // A transition waits at its target, and a call also at the start of its rule: both must be productive.
        int[] waiting = new int[states];
        Arrays.fill(waiting, -1);
        int[] nextWaiting = new int[2 * transitions];
        for (int i = 0; i < transitions; i++) {
            nextWaiting[2 * i] = waiting[targets[i]];
            waiting[targets[i]] = 2 * i;
            if (Network.isCall(labels[i])) {
                int start = starts[Network.rule(labels[i])];
                nextWaiting[2 * i + 1] = waiting[start];
                waiting[start] = 2 * i + 1;
            }
        }
        for (int i = 0; i < queued; i++) {
            for (int entry = waiting[queue[i]]; entry >= 0; entry = nextWaiting[entry]) {
                int from = froms[entry / 2];
                if (!productive[from] && passable(entry / 2)) {
                    productive[from] = true;
                    queue[queued++] = from;
                }
            }
        }
    }

    boolean is(int state) {
        return productive[state];
    }

    /** The transitions worth keeping, in the order they were made. */
    int[] transitions() {
        return IntStream.range(0, transitions)
                .filter(i -> productive[froms[i]] && passable(i))
                .toArray();
    }

    private boolean passable(int transition) {
        int label = labels[transition];
        return productive[targets[transition]] && (!Network.isCall(label) || productive[starts[Network.rule(label)]]);
    }
}
