package dev.gufo.grammar.strings;

import dev.gufo.grammar.CodePoints;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A finite set of strings: a tree of their code points, whose nodes are the states. */
public final class Words implements StringSet {
    private static final class Node {
        final Map<Integer, Node> next = new HashMap<>();
        boolean end;
    }

    private final Node root = new Node();
    private final Set<Integer> letters = new TreeSet<>();

    public Words(Collection<String> words) {
        for (String word : words) {
            Node node = root;
            for (int codePoint : word.codePoints().toArray()) {
                letters.add(codePoint);
                node = node.next.computeIfAbsent(codePoint, _ -> new Node());
            }
            node.end = true;
        }
    }

    @Override
    public Object start() {
        return root;
    }

    @Override
    public @Nullable Object step(Object state, int codePoint) {
        return ((Node) state).next.get(codePoint);
    }

    @Override
    public boolean ends(Object state) {
        return ((Node) state).end;
    }

    @Override
    public List<CodePoints> alphabet() {
        return letters.stream().map(c -> CodePoints.of(new int[] {c, c}, 2)).toList();
    }
}
