package dev.gufo.grammar.strings;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.CodePoints;
import dev.gufo.grammar.Gbnf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The strings in which a regular expression matches somewhere, by Thompson's construction: places, some of which take a
 * code point, others lead on for free, at the string's start or at its end only. A state is the number of a set of
 * places that the string may have led to; where one leads is found out once.
 */
public final class PatternSet implements StringSet {
    private static final int MOST_PLACES = 5_000;

    /** How one gets from a place to the next. */
    private enum Way {
        TAKE,
        FREE,
        AT_START,
        AT_END
    }

    /** {@code other} is a second way on, -1 if there is none; {@code set} is what {@link Way#TAKE} takes. */
    private static final class Place {
        final Way way;
        final @Nullable CodePoints set;
        int next = -1;
        int other = -1;

        Place(Way way, @Nullable CodePoints set) {
            this.way = way;
            this.set = set;
        }
    }

    /** In a table, what has not been found out yet. */
    private static final int UNKNOWN = -2;

    private static final int NOWHERE = -1;

    private final List<Place> places = new ArrayList<>();
    private final Effort effort;
    private final int last;
    private final BitSet matched = new BitSet();
    /** Where each place leads with a code point that it takes; null until that is asked. */
    private final List<@Nullable BitSet> closures = new ArrayList<>();
    /** The first code points of the stretches that all places treat alike, ascending. */
    private final int[] cuts;

    private final Map<BitSet, Integer> numbers = new HashMap<>();
    private final List<BitSet> states = new ArrayList<>();
    /** By state and stretch, the next state, {@link #NOWHERE} or {@link #UNKNOWN}. */
    private final List<int[]> table = new ArrayList<>();

    /** The strings that {@code pattern} matches, its {@link CharacterClasses} read widely or narrowly. */
    public PatternSet(String pattern, boolean wide, Effort effort) {
        this.effort = effort;
        PatternNode node = PatternParser.parse(pattern, wide);
        int before = add(Way.FREE, null);
        int skip = add(Way.TAKE, CodePoints.ANY);
        int entry = add(Way.FREE, null);
        places.get(before).next = entry;
        places.get(before).other = skip;
        places.get(skip).next = before;
        int exit = build(node, entry);
        last = add(Way.TAKE, CodePoints.ANY);
        places.get(exit).next = last;
        places.get(last).next = last;
        matched.set(last);
        cuts = cuts();
        places.forEach(_ -> closures.add(null));
        number(closure(List.of(before), true, false));
    }

    private int[] cuts() {
        TreeSet<Integer> cuts = new TreeSet<>(List.of(0));
        for (CodePoints set : alphabet()) {
            for (int i = 0; i < set.ranges(); i++) {
                cuts.add(set.first(i));
                cuts.add(set.last(i) + 1);
            }
        }
        return cuts.stream().mapToInt(i -> i).toArray();
    }

    private int number(BitSet state) {
        if (state.isEmpty()) {
            return NOWHERE;
        }
        Integer known = numbers.putIfAbsent(state, states.size());
        if (known != null) {
            return known;
        }
        states.add(state);
        int[] row = new int[cuts.length];
        Arrays.fill(row, UNKNOWN);
        table.add(row);
        effort.spend(row.length / 8 + 1L);
        return states.size() - 1;
    }

    private int add(Way way, @Nullable CodePoints set) {
        if (places.size() == MOST_PLACES) {
            throw new PatternException("is too large");
        }
        places.add(new Place(way, set));
        return places.size() - 1;
    }

    /**
     * Adds places for {@code node} behind the free place {@code from}, whose next is not set yet; returns such a place
     * at its end.
     */
    private int build(PatternNode node, int from) {
        return switch (node) {
            case PatternNode.OneOf one -> leadOn(from, add(Way.TAKE, one.set()));
            case PatternNode.Start _ -> leadOn(from, add(Way.AT_START, null));
            case PatternNode.End _ -> leadOn(from, add(Way.AT_END, null));
            case PatternNode.Sequence sequence -> {
                int at = from;
                for (PatternNode part : sequence.parts()) {
                    at = build(part, at);
                }
                yield at;
            }
            case PatternNode.Alternation alternation -> choice(alternation, from);
            case PatternNode.Repetition repetition -> repetition(repetition, from);
        };
    }

    private int leadOn(int from, int to) {
        places.get(from).next = to;
        int end = add(Way.FREE, null);
        places.get(to).next = end;
        return end;
    }

    private int choice(PatternNode.Alternation alternation, int from) {
        int end = add(Way.FREE, null);
        int at = from;
        for (PatternNode alternative : alternation.alternatives()) {
            int entry = add(Way.FREE, null);
            int fork = add(Way.FREE, null);
            places.get(at).next = fork;
            places.get(fork).other = entry;
            places.get(build(alternative, entry)).next = end;
            at = fork;
        }
        return end;
    }

    private int repetition(PatternNode.Repetition repetition, int from) {
        int at = from;
        for (int i = 0; i < repetition.least(); i++) {
            at = build(repetition.operand(), at);
        }
        if (repetition.most() == Gbnf.UNBOUNDED) {
            int fork = add(Way.FREE, null);
            int entry = add(Way.FREE, null);
            places.get(at).next = fork;
            places.get(fork).other = entry;
            places.get(build(repetition.operand(), entry)).next = fork;
            int end = add(Way.FREE, null);
            places.get(fork).next = end;
            return end;
        }
        int end = add(Way.FREE, null);
        for (int i = repetition.least(); i < repetition.most(); i++) {
            int fork = add(Way.FREE, null);
            places.get(at).next = fork;
            places.get(fork).other = end;
            int entry = add(Way.FREE, null);
            places.get(fork).next = entry;
            at = build(repetition.operand(), entry);
        }
        places.get(at).next = end;
        return end;
    }

    /**
     * All places that can be reached from {@code from} without a code point. Those that lead on for free are left out.
     */
    private BitSet closure(List<Integer> from, boolean atStart, boolean atEnd) {
        BitSet seen = new BitSet(places.size());
        BitSet kept = new BitSet(places.size());
        List<Integer> open = new ArrayList<>(from);
        while (!open.isEmpty()) {
            int index = open.removeLast();
            if (index < 0 || seen.get(index)) {
                continue;
            }
            seen.set(index);
            effort.spend(1);
            Place place = places.get(index);
            boolean free = place.way == Way.FREE
                    || (place.way == Way.AT_START && atStart)
                    || (place.way == Way.AT_END && atEnd);
            if (free) {
                open.add(place.next);
                open.add(place.other);
            }
            if (place.way == Way.TAKE || place.way == Way.AT_END) {
                kept.set(index);
            }
        }
        return kept.get(last) ? matched : kept;
    }

    @Override
    public Object start() {
        return 0;
    }

    @Override
    public @Nullable Object step(Object state, int codePoint) {
        int found = Arrays.binarySearch(cuts, codePoint);
        int stretch = found >= 0 ? found : -found - 2;
        int[] row = table.get((Integer) state);
        if (row[stretch] == UNKNOWN) {
            row[stretch] = number(next(states.get((Integer) state), codePoint));
        }
        return row[stretch] == NOWHERE ? null : (Object) row[stretch];
    }

    private BitSet next(BitSet from, int codePoint) {
        BitSet to = new BitSet(places.size());
        for (int i = from.nextSetBit(0); i >= 0; i = from.nextSetBit(i + 1)) {
            Place place = places.get(i);
            if (place.way == Way.TAKE && CharacterClasses.contains(requireNonNull(place.set), codePoint)) {
                to.or(onward(place.next));
                effort.spend(1 + places.size() / 64);
            }
        }
        effort.spend(1 + from.cardinality());
        return to.get(last) ? matched : to;
    }

    private BitSet onward(int place) {
        BitSet known = closures.get(place);
        if (known == null) {
            known = closure(List.of(place), false, false);
            closures.set(place, known);
        }
        return known;
    }

    @Override
    public boolean ends(Object state) {
        BitSet at = states.get((Integer) state);
        if (at.get(last)) {
            return true;
        }
        List<Integer> ends = new ArrayList<>();
        at.stream().filter(i -> places.get(i).way == Way.AT_END).forEach(ends::add);
        return closure(ends, false, true).get(last);
    }

    @Override
    public List<CodePoints> alphabet() {
        return places.stream()
                .filter(place -> place.set != null)
                .map(place -> place.set)
                .distinct()
                .toList();
    }
}
