package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The strings that are in several sets at once, as a deterministic automaton without dead ends. State 0 is the start.
 *
 * @param letters sets of code points, apart from each other, that every state treats alike
 * @param next by state and letter, the next state or -1
 * @param ends by state, whether a string may end there
 */
record Automaton(List<CodePoints> letters, int[][] next, boolean[] ends) {
    /**
     * The automaton of {@code sets}' intersection.
     *
     * @throws PatternException if it has more than {@code mostStates} states
     */
    static Automaton of(List<StringSet> sets, int mostStates, Effort effort) {
        List<CodePoints> letters = letters(sets, effort);
        List<Object> start = sets.stream().map(StringSet::start).toList();
        Map<List<Object>, Integer> numbers = new HashMap<>(Map.of(start, 0));
        List<List<Object>> states = new ArrayList<>(List.of(start));
        List<int[]> next = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
            int[] row = new int[letters.size()];
            for (int letter = 0; letter < row.length; letter++) {
                List<Object> to = step(sets, states.get(i), letters.get(letter).first(0));
                effort.spend(1);
                if (to == null) {
                    row[letter] = -1;
                    continue;
                }
                row[letter] = numbers.computeIfAbsent(to, _ -> states.size());
                if (row[letter] == states.size()) {
                    states.add(to);
                    if (states.size() > mostStates) {
                        throw new PatternException("is too large, by itself or together with lengths");
                    }
                }
            }
            next.add(row);
        }
        boolean[] ends = new boolean[states.size()];
        for (int i = 0; i < ends.length; i++) {
            ends[i] = ends(sets, states.get(i));
        }
        return trimmed(letters, next, ends);
    }

    private static List<Object> step(List<StringSet> sets, List<Object> state, int codePoint) {
        List<Object> to = new ArrayList<>(sets.size());
        for (int i = 0; i < sets.size(); i++) {
            Object part = sets.get(i).step(state.get(i), codePoint);
            if (part == null) {
                return null;
            }
            to.add(part);
        }
        return to;
    }

    private static boolean ends(List<StringSet> sets, List<Object> state) {
        for (int i = 0; i < sets.size(); i++) {
            if (!sets.get(i).ends(state.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** All code points, divided so that no part is partly in a set of any alphabet. */
    private static List<CodePoints> letters(List<StringSet> sets, Effort effort) {
        List<CodePoints> alphabet = new ArrayList<>();
        sets.forEach(set -> alphabet.addAll(set.alphabet()));
        TreeSet<Integer> cuts = new TreeSet<>(List.of(0, Character.MAX_CODE_POINT + 1));
        for (CodePoints set : alphabet) {
            for (int i = 0; i < set.ranges(); i++) {
                cuts.add(set.first(i));
                cuts.add(set.last(i) + 1);
            }
        }
        effort.spend((long) cuts.size() * (alphabet.size() + 1));
        Map<BitSet, List<Integer>> ranges = new LinkedHashMap<>();
        for (int first : cuts.headSet(Character.MAX_CODE_POINT + 1)) {
            BitSet members = new BitSet();
            for (int i = 0; i < alphabet.size(); i++) {
                members.set(i, CharacterClasses.contains(alphabet.get(i), first));
            }
            ranges.computeIfAbsent(members, _ -> new ArrayList<>()).addAll(List.of(first, cuts.higher(first) - 1));
        }
        return ranges.values().stream()
                .map(ends ->
                        CharacterClasses.ranges(ends.stream().mapToInt(i -> i).toArray()))
                .filter(letter -> letter.ranges() > 0)
                .toList();
    }

    /** Without the states from which no string ends; the start stays. */
    private static Automaton trimmed(List<CodePoints> letters, List<int[]> next, boolean[] ends) {
        List<List<Integer>> before = new ArrayList<>();
        next.forEach(_ -> before.add(new ArrayList<>()));
        for (int i = 0; i < ends.length; i++) {
            for (int to : next.get(i)) {
                if (to >= 0) {
                    before.get(to).add(i);
                }
            }
        }
        boolean[] alive = ends.clone();
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < ends.length; i++) {
            if (ends[i]) {
                open.add(i);
            }
        }
        while (!open.isEmpty()) {
            for (int from : before.get(open.removeLast())) {
                if (!alive[from]) {
                    alive[from] = true;
                    open.add(from);
                }
            }
        }
        int[][] rows = next.toArray(int[][]::new);
        for (int[] row : rows) {
            for (int letter = 0; letter < row.length; letter++) {
                row[letter] = row[letter] >= 0 && alive[row[letter]] ? row[letter] : -1;
            }
        }
        return new Automaton(letters, rows, ends);
    }

    /** Its strings as a set whose steps are cheap. */
    StringSet asSet() {
        return new StringSet() {
            @Override
            public Object start() {
                return 0;
            }

            @Override
            public Object step(Object state, int codePoint) {
                int letter = 0;
                while (letter < letters.size() && !CharacterClasses.contains(letters.get(letter), codePoint)) {
                    letter++;
                }
                int to = letter < letters.size() ? next[(Integer) state][letter] : -1;
                return to < 0 ? null : (Object) to;
            }

            @Override
            public boolean ends(Object state) {
                return ends[(Integer) state];
            }

            @Override
            public List<CodePoints> alphabet() {
                return letters;
            }
        };
    }

    boolean isEmpty() {
        return !ends[0] && Arrays.stream(next[0]).allMatch(to -> to < 0);
    }

    /** Where each state leads, and with which code points. */
    Map<Integer, CodePoints> arrows(int state) {
        Map<Integer, CodePoints> arrows = new LinkedHashMap<>();
        for (int letter = 0; letter < letters.size(); letter++) {
            int to = next[state][letter];
            if (to >= 0) {
                arrows.merge(to, letters.get(letter), CharacterClasses::union);
            }
        }
        return arrows;
    }
}
