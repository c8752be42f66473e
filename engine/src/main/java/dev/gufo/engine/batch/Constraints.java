package dev.gufo.engine.batch;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.llama.Vocabulary;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.GrammarException;
import dev.gufo.grammar.TokenTrie;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes {@link TextConstraint}s for one vocabulary. Safe for any thread: the grammars used last and the trie of the vocabulary, built
 * when the first constraint comes, are kept under this object's lock, and neither is built by the engine thread.
 */
final class Constraints {
    private static final int KEPT_GRAMMARS = 32;
    private static final byte[] NO_TEXT = {};

    private final Vocabulary vocabulary;
    private final Map<String, Compiled> grammars = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Compiled> eldest) {
            return size() > KEPT_GRAMMARS;
        }
    };

    private TokenTrie trie; // null until needed

    /** @param barred control tokens that the grammar does not name: they are marks, no text */
    private record Compiled(Grammar grammar, BitSet barred) {}

    Constraints(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** @throws EngineException.Refused if the grammar is malformed or too large */
    synchronized TextConstraint of(Constraint constraint) {
        if (trie == null) {
            trie = TokenTrie.of(
                    vocabulary.size(), token -> vocabulary.isEnd(token) ? NO_TEXT : vocabulary.piece(token));
        }
        Compiled compiled = grammars.computeIfAbsent(constraint.grammar(), this::compile);
        return new TextConstraint(compiled.grammar(), constraint.start(), vocabulary, trie, compiled.barred());
    }

    private Compiled compile(String gbnf) {
        try {
            return new Compiled(Grammar.parse(gbnf), barred(gbnf));
        } catch (GrammarException e) {
            throw new EngineException.Refused(new Refusal.ConstraintFailed(e.getMessage()));
        }
    }

    private BitSet barred(String gbnf) {
        BitSet barred = new BitSet(vocabulary.size());
        for (int token = 0; token < vocabulary.size(); token++) {
            if (vocabulary.isControl(token)) {
                String name = new String(vocabulary.piece(token), StandardCharsets.UTF_8);
                barred.set(token, name.isEmpty() || !gbnf.contains(name));
            }
        }
        return barred;
    }
}
