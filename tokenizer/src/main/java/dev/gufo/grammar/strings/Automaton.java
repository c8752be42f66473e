package dev.gufo.grammar.strings;

import dev.gufo.grammar.CodePoints;
import dev.gufo.grammar.Gbnf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The strings that are in several sets at once, as a deterministic automaton without dead ends. State 0 is the start.
 *
 * @param letters sets of code points, apart from each other, that every state treats alike
 * @param next by state and letter, the next state or -1
 * @param ends by state, whether a string may end there
 */
public record Automaton(List<CodePoints> letters, int[][] next, boolean[] ends) implements StringSet {
    /**
     * The automaton of {@code sets}' intersection.
     *
     * @throws PatternException if it has more than {@code mostStates} states
     */
    public static Automaton of(List<StringSet> sets, int mostStates, Effort effort) {
        List<CodePoints> letters = letters(sets, effort);
        List<Object> start = sets.stream().map(StringSet::start).toList();
        Map<List<Object>, Integer> numbers = new HashMap<>(Map.of(start, 0));
        List<List<Object>> states = new ArrayList<>(List.of(start));
        List<int[]> next = new ArrayList<>();
        int[][] theirs = theirLetters(sets, letters);
        for (int i = 0; i < states.size(); i++) {
            int[] row = new int[letters.size()];
            for (int letter = 0; letter < row.length; letter++) {
                List<Object> to = step(sets, states.get(i), letters.get(letter).first(0), theirs[letter]);
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

    /** By letter and set, the set's own letter for it. */
    private static int[][] theirLetters(List<StringSet> sets, List<CodePoints> letters) {
        return letters.stream()
                .map(letter -> sets.stream()
                        .mapToInt(set -> set.letter(letter.first(0)))
                        .toArray())
                .toArray(int[][]::new);
    }

    private static @Nullable List<Object> step(List<StringSet> sets, List<Object> state, int codePoint, int[] theirs) {
        List<Object> to = new ArrayList<>(sets.size());
        for (int i = 0; i < sets.size(); i++) {
            Object part = sets.get(i).step(state.get(i), codePoint, theirs[i]);
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

    public boolean isEmpty() {
        return !ends[0] && Arrays.stream(next[0]).allMatch(to -> to < 0);
    }

    /** Where each state leads, and with which letters. */
    public Map<Integer, BitSet> arrows(int state) {
        Map<Integer, BitSet> arrows = new LinkedHashMap<>();
        for (int letter = 0; letter < letters.size(); letter++) {
            int to = next[state][letter];
            if (to >= 0) {
                arrows.computeIfAbsent(to, _ -> new BitSet()).set(letter);
            }
        }
        return arrows;
    }

    /** The code points of some letters. */
    public CodePoints codePoints(BitSet some) {
        int[] ends = some.stream()
                .mapToObj(letters::get)
                .flatMapToInt(letter -> IntStream.range(0, 2 * letter.ranges())
                        .map(i -> i % 2 == 0 ? letter.first(i / 2) : letter.last(i / 2)))
                .toArray();
        return CodePoints.of(ends, ends.length);
    }

    @Override
    public Object start() {
        return 0;
    }

    @Override
    public int letter(int codePoint) {
        int letter = 0;
        while (letter < letters.size() && !CharacterClasses.contains(letters.get(letter), codePoint)) {
            letter++;
        }
        return letter;
    }

    @Override
    public @Nullable Object step(Object state, int codePoint) {
        return step(state, codePoint, letter(codePoint));
    }

    @Override
    public @Nullable Object step(Object state, int codePoint, int letter) {
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

    /** Length of the shortest string in code points; {@link Gbnf#UNBOUNDED} if there is none. */
    public int shortest() {
        int[] depth = new int[ends.length];
        Arrays.fill(depth, -1);
        depth[0] = 0;
        List<Integer> open = new ArrayList<>(List.of(0));
        for (int i = 0; i < open.size(); i++) {
            int state = open.get(i);
            if (ends[state]) {
                return depth[state];
            }
            for (int to : next[state]) {
                if (to >= 0 && depth[to] < 0) {
                    depth[to] = depth[state] + 1;
                    open.add(to);
                }
            }
        }
        return Gbnf.UNBOUNDED;
    }

    /** Length of the longest string in code points; {@link Gbnf#UNBOUNDED} if there is none. */
    public int longest() {
        int[] indegree = new int[ends.length];
        for (int state : reached()) {
            for (int to : next[state]) {
                if (to >= 0) {
                    indegree[to]++;
                }
            }
        }
        int[] length = new int[ends.length];
        List<Integer> open = new ArrayList<>(List.of(0));
        if (indegree[0] > 0) {
            return Gbnf.UNBOUNDED;
        }
        int longest = 0;
        for (int i = 0; i < open.size(); i++) {
            int state = open.get(i);
            longest = Math.max(longest, length[state]);
            for (int to : next[state]) {
                if (to >= 0) {
                    length[to] = Math.max(length[to], length[state] + 1);
                    if (--indegree[to] == 0) {
                        open.add(to);
                    }
                }
            }
        }
        return open.size() == reached().size() ? longest : Gbnf.UNBOUNDED;
    }

    /**
     * The greatest length for which strings up to it have no more than {@code mostStates} states when they are counted.
     */
    public int countable(int mostStates) {
        BitSet layer = new BitSet();
        layer.set(0);
        int states = 1;
        for (int length = 0; !layer.isEmpty(); length++) {
            BitSet further = new BitSet();
            layer.stream().forEach(state -> {
                for (int to : next[state]) {
                    if (to >= 0) {
                        further.set(to);
                    }
                }
            });
            states += further.cardinality();
            if (states > mostStates) {
                return length;
            }
            layer = further;
        }
        return Gbnf.UNBOUNDED;
    }

    /** The states that are on the way from the start to an end. */
    private List<Integer> reached() {
        boolean[] seen = new boolean[ends.length];
        seen[0] = true;
        List<Integer> open = new ArrayList<>(List.of(0));
        for (int i = 0; i < open.size(); i++) {
            for (int to : next[open.get(i)]) {
                if (to >= 0 && !seen[to]) {
                    seen[to] = true;
                    open.add(to);
                }
            }
        }
        return open;
    }
}
