package dev.gufo.engine.batch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Which cells of one KV pool are taken, counted as llama.cpp takes them: a token of a sequence takes one, and a
 * sequence that was copied has the same cells as the one that it came from, until either goes on. Told of everything
 * that happens to a sequence's memory.
 *
 * <p>Belongs to the engine thread.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-kv-cache.cpp">seq_cp and seq_rm of
 *     llama-kv-cache.cpp, llama.cpp 0.5.0</a>
 */
final class KvCells {
    /** Cells of tokens that follow each other, with the same owners. */
    private static final class Run {
        private int tokens;
        private int owners = 1;

        Run(int tokens) {
            this.tokens = tokens;
        }
    }

    private final int capacity;
    private final List<List<Run>> sequences = new ArrayList<>();
    private int used;

    /** @param capacity cells of the pool */
    KvCells(int sequences, int capacity) {
        this.capacity = capacity;
        for (int i = 0; i < sequences; i++) {
            this.sequences.add(new ArrayList<>());
        }
    }

    int capacity() {
        return capacity;
    }

    /** Cells that some sequence has. */
    int used() {
        return used;
    }

    /** Cells that none has. */
    int free() {
        return capacity - used;
    }

    /** Tokens of a sequence. */
    int length(int sequence) {
        return length(sequences.get(sequence));
    }

    private static int length(List<Run> runs) {
        int tokens = 0;
        for (Run run : runs) {
            tokens += run.tokens;
        }
        return tokens;
    }

    /** Cells that at least one of some sequences has. */
    int usedBy(IntPredicate some) {
        int cells = 0;
        for (Run run : runsOf(some)) {
            cells += run.tokens;
        }
        return cells;
    }

    /** Of the first tokens of a sequence, how many have cells that one of some sequences has, too. */
    int usedBy(IntPredicate some, int sequence, int tokens) {
        Set<Run> theirs = runsOf(some);
        int cells = 0;
        int before = 0;
        for (Run run : sequences.get(sequence)) {
            int within = Math.min(run.tokens, tokens - before);
            cells += within > 0 && theirs.contains(run) ? within : 0;
            before += run.tokens;
        }
        return cells;
    }

    /** Cells that would be free without a sequence. */
    int alone(int sequence) {
        int cells = 0;
        for (Run run : sequences.get(sequence)) {
            cells += run.owners == 1 ? run.tokens : 0;
        }
        return cells;
    }

    private Set<Run> runsOf(IntPredicate some) {
        Set<Run> runs = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < sequences.size(); i++) {
            if (some.test(i)) {
                runs.addAll(sequences.get(i));
            }
        }
        return runs;
    }

    /** Notes that a sequence has so many tokens more. */
    void extend(int sequence, int tokens) {
        if (tokens == 0) {
            return;
        }
        List<Run> runs = sequences.get(sequence);
        if (!runs.isEmpty() && runs.getLast().owners == 1) {
            runs.getLast().tokens += tokens;
        } else {
            runs.add(new Run(tokens));
        }
        used += tokens;
    }

    /** Notes that a sequence has its first {@code length} tokens only. */
    void cut(int sequence, int length) {
        List<Run> runs = sequences.get(sequence);
        int over = length(runs) - length;
        while (over > 0) {
            Run last = runs.getLast();
            if (last.tokens > over) {
                if (last.owners > 1) {
                    split(last, last.tokens - over);
                    continue;
                }
                last.tokens -= over;
                used -= over;
                return;
            }
            over -= last.tokens;
            runs.removeLast();
            last.owners--;
            used -= last.owners == 0 ? last.tokens : 0;
        }
    }

    /** Makes two runs of one, for all who have it. */
    private void split(Run run, int first) {
        Run behind = new Run(run.tokens - first);
        behind.owners = run.owners;
        run.tokens = first;
        for (List<Run> runs : sequences) {
            int at = runs.indexOf(run);
            if (at >= 0) {
                runs.add(at + 1, behind);
            }
        }
    }

    /** Notes that a sequence is an equal of another one. */
    void copy(int source, int target) {
        cut(target, 0);
        for (Run run : sequences.get(source)) {
            run.owners++;
            sequences.get(target).add(run);
        }
    }

    /** Notes that no sequence has anything any more. */
    void clear() {
        sequences.forEach(List::clear);
        used = 0;
    }
}
