package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** Many texts as rules that share their beginnings, so that a matcher follows one way and not thousands. */
final class WordTree {
    private final List<String> words;
    private final RuleSet rules;

    private WordTree(Collection<String> words, RuleSet rules) {
        this.words = List.copyOf(new TreeSet<>(words));
        this.rules = rules;
    }

    /** Any of {@code words}, of which none is empty or the beginning of another. */
    static Gbnf of(Collection<String> words, RuleSet rules) {
        WordTree tree = new WordTree(words, rules);
        return tree.between(0, tree.words.size(), 0, 0);
    }

    /**
     * The ends, from {@code depth} on, of the words from {@code first} until before {@code last}, which are sorted and
     * agree up to there. Recursion goes from branch to branch; beyond a depth that natural lists of words don't have,
     * the rest is a plain list.
     */
    private Gbnf between(int first, int last, int depth, int branches) {
        if (last - first <= 4 || branches == 100) {
            List<Gbnf> ways = new ArrayList<>();
            for (String word : words.subList(first, last)) {
                ways.add(Gbnf.literal(word.substring(depth)));
            }
            return Gbnf.choice(ways);
        }
        int common = common(words.get(first), words.get(last - 1), depth);
        List<Gbnf> ways = new ArrayList<>();
        for (int from = first; from < last; ) {
            int letter = words.get(from).codePointAt(common);
            int to = from + 1;
            while (to < last && words.get(to).codePointAt(common) == letter) {
                to++;
            }
            int next = common + Character.charCount(letter);
            String head = words.get(from).substring(common, next);
            ways.add(
                    to - from == 1
                            ? Gbnf.literal(words.get(from).substring(common))
                            : Gbnf.sequence(Gbnf.literal(head), grouped(between(from, to, next, branches + 1))));
            from = to;
        }
        return Gbnf.sequence(Gbnf.literal(words.get(first).substring(depth, common)), grouped(Gbnf.choice(ways)));
    }

    private Gbnf grouped(Gbnf body) {
        return body instanceof Gbnf.Alternation ? rules.share(body) : body;
    }

    /** Up to where both texts agree, at a boundary of code points. */
    private static int common(String a, String b, int from) {
        int at = from;
        while (at < Math.min(a.length(), b.length()) && a.codePointAt(at) == b.codePointAt(at)) {
            at += Character.charCount(a.codePointAt(at));
        }
        return at;
    }
}
